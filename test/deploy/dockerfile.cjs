// SPDX-License-Identifier: Apache-2.0
// usage: dockerfile.cjs MODULES <FILES     MODULES: a node_modules folder; FILES: a JSON array of texts
//
// Prints a JSON array of what dockerfile-utils and dockerfilelint find in each text: [] where nothing.
const { readFileSync } = require("fs");
const modules = process.argv[2];
const { validate } = require(`${modules}/dockerfile-utils/lib/main.js`);
const { run } = require(`${modules}/dockerfilelint/lib/index.js`);

// dockerfilelint knows no flags of FROM, and takes one for an image without a tag.
const plain = (text) => text.replace(/^FROM --platform=\S+ /gm, "FROM ");

const faults = (text) => [
  ...validate(text).map((fault) => `${fault.range.start.line + 1}: ${fault.message}`),
  ...run(".", plain(text)).map((fault) => `${fault.line}: ${fault.title}`),
];
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(faults)));
