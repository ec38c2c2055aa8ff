// SPDX-License-Identifier: Apache-2.0
// Validates Kubernetes objects against the schemas of the npm package kubernetes-models.
//
// usage: validate.mjs MODULES <OBJECTS     MODULES: its node_modules folder; OBJECTS: a JSON array
//
// Prints a JSON array of what is wrong with each object: "" where nothing is.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const modules = pathToFileURL(`${process.argv[2]}/kubernetes-models/`);
const objects = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const object of objects) {
  const [group, version] = object.apiVersion.includes("/")
    ? object.apiVersion.split("/") : ["", object.apiVersion];
  const file = new URL(`${group ? `${group}/` : ""}${version}/${object.kind}.js`, modules);
  try {
    const model = (await import(file))[object.kind];
    new model(object).validate();
    answers.push("");
  } catch (error) {
    answers.push(String(error.message || error));
  }
}
process.stdout.write(JSON.stringify(answers));
