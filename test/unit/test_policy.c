/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: each fault with its exact message, what good ones mean, what flags add. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "policy/policy.h"
#include "policy_table.h"

#define V "\"apiVersion\": \"initgate.dev/v1\", \"kind\": \"Policy\""
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX_UPPER "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"
#define OTHER "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
#define ID_RANGE "must be a whole number from 0 to 4294967294"
#define NORMAL "must be a path without \".\", \"..\", \"//\" and a final slash, not "

struct row {
    const char *text;
    const char *message;
};

/* Put into {V, ...}. A NULL message: accepted. */
static const struct row members[] = {
    /* unknown keys, and cases that cJSON would fold */
    {"\"Binaries\": []", "Binaries: unknown key; did you mean \"binaries\"?"},
    {"\"APIVersion\": \"x\"", "APIVersion: unknown key; did you mean \"apiVersion\"?"},
    {"\"x y\": 1", "[\"x y\"]: unknown key; known here: apiVersion, kind, metadata, runAs, "
                   "trustedUids, env, binaries, files, proc, volumes"},
    {"\"\": 1", "[\"\"]: unknown key; known here: apiVersion, kind, metadata, runAs, "
                "trustedUids, env, binaries, files, proc, volumes"},
    {"\"a\\nb\\u001b[31m\": 1", "[\"a\\nb\\x1b[31m\"]: unknown key; known here: apiVersion, kind, "
                                "metadata, runAs, trustedUids, env, binaries, files, proc, "
                                "volumes"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha25\": \"\"}]",
     "binaries[0].sha25: unknown key; did you mean \"sha256\"?"},
    {"\"binaries\": [{\"path\": \"/a\"}, {\"path\": \"/b\", \"Sha256\": \"" HEX "\"}]",
     "binaries[1].Sha256: unknown key; did you mean \"sha256\"?"},
    {"\"binaries\": [{\"path\": \"/a\", \"libraries\": {}}]",
     "binaries[0].libraries: unknown key; known here: path, file, sha256, interpreter"},
    {"\"binaries\": [{\"pth\": \"/a\"}]", "binaries[0].pth: unknown key; did you mean \"path\"?"},
    {"\"files\": [{\"path\": \"/a\", \"mod\": \"0644\"}]",
     "files[0].mod: unknown key; did you mean \"mode\"?"},
    {"\"files\": [{\"path\": \"/a\", \"owner\": {\"user\": 0}}]",
     "files[0].owner.user: unknown key; known here: uid, gid"},
    {"\"proc\": {\"hidePid\": 2}", "proc.hidePid: unknown key; did you mean \"hidepid\"?"},
    {"\"proc\": {\"path\": \"/proc\"}", "proc.path: unknown key; known here: mounted, hidepid, "
                                        "limit"},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"readonly\": true}]",
     "volumes[0].readonly: unknown key; did you mean \"readOnly\"?"},
    {"\"files\": [{\"path\": \"/v\", \"at\": \"/w\"}]",
     "files[0].at: unknown key; did you mean \"path\"?"},
    {"\"metadata\": {\"labels\": {}}", "metadata.labels: unknown key; known here: name"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"user\": \"x\"}",
     "runAs.user: unknown key; known here: uid, gid, groups, capabilities"},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"trusteddirs\": []}}]",
     "binaries[0].interpreter.trusteddirs: unknown key; did you mean \"trustedDirs\"?"},
    {"\"binaries\": [{\"path\": \"/a\", \"file\": {\"severty\": \"warn\"}}]",
     "binaries[0].file.severty: unknown key; did you mean \"severity\"?"},

    /* duplicates, at each level */
    {"\"kind\": \"Policy\"", "kind: the key is there twice"},
    {"\"files\": [], \"files\": []", "files: the key is there twice"},
    {"\"metadata\": {\"name\": \"a\", \"name\": \"b\"}", "metadata.name: the key is there twice"},
    {"\"runAs\": {\"uid\": 0, \"gid\": 0, \"uid\": 1}", "runAs.uid: the key is there twice"},
    {"\"env\": {\"A\": \"1\", \"B\": \"2\", \"A\": \"1\"}", "env.A: the key is there twice"},
    {"\"binaries\": [{\"path\": \"/a\", \"path\": \"/b\"}]",
     "binaries[0].path: the key is there twice"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\", \"sh\\u0061256\": \"" OTHER "\"}]",
     "binaries[0].sha256: the key is there twice"},
    {"\"files\": [{\"path\": \"/a\", \"owner\": {\"uid\": 0, \"uid\": 0}}]",
     "files[0].owner.uid: the key is there twice"},
    {"\"files\": [{\"path\": \"/a\", \"attributes\": {\"mode\": \"0644\", \"mode\": \"0644\"}}]",
     "files[0].attributes.mode: the key is there twice"},
    {"\"proc\": {\"hidepid\": 1, \"hidepid\": 2}", "proc.hidepid: the key is there twice"},

    /* the frame */
    {"\"metadata\": null", "metadata: must be an object, not null"},
    {"\"metadata\": {\"name\": 1}", "metadata.name: must be a string, not a number"},
    {"\"metadata\": {\"name\": \"\"}", "metadata.name: is empty"},
    {"\"metadata\": {}", NULL},
    {"\"metadata\": {\"name\": \"s\xc3\xa9rver\"}", NULL},

    /* runAs */
    {"\"runAs\": 1001", "runAs: must be an object, not a number"},
    {"\"runAs\": {}", "runAs.uid: is missing"},
    {"\"runAs\": {\"uid\": 1}", "runAs.gid: is missing"},
    {"\"runAs\": {\"uid\": \"1\", \"gid\": 1}", "runAs.uid: must be a number, not a string"},
    {"\"runAs\": {\"uid\": -1, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": -0.5, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 1.5, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 1e400, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": -1e400, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 1e-1, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 4294967295, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 18446744073709551616, \"gid\": 1}", "runAs.uid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 0, \"gid\": 4294967295}", "runAs.gid: " ID_RANGE},
    {"\"runAs\": {\"uid\": 4294967294, \"gid\": 4294967294}", NULL},
    {"\"runAs\": {\"uid\": 1e3, \"gid\": 1.0}", NULL},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"groups\": 5}",
     "runAs.groups: must be an array of numbers, not a number"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"groups\": [1, 2, \"3\"]}",
     "runAs.groups[2]: must be a number, not a string"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"groups\": [4294967295]}", "runAs.groups[0]: " ID_RANGE},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"capabilities\": {}}",
     "runAs.capabilities: must be an array of capability names, not an object"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"capabilities\": [\"NET_RAW\", 1]}",
     "runAs.capabilities[1]: must be a string, not a number"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"capabilities\": [\"\"]}",
     "runAs.capabilities[0]: is empty"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"capabilities\": [\"NET_ROW\"]}",
     "runAs.capabilities[0]: \"NET_ROW\" is no capability; see capabilities(7)"},
    {"\"runAs\": {\"uid\": 1, \"gid\": 1, \"capabilities\": [\"ALL\"]}",
     "runAs.capabilities[0]: \"ALL\" is no capability; name each one that the container has, or "
     "leave the key out for the runtime's default set"},

    /* trustedUids, env */
    {"\"trustedUids\": 0", "trustedUids: must be an array of numbers, not a number"},
    {"\"trustedUids\": [0, true]", "trustedUids[1]: must be a number, not true"},
    {"\"trustedUids\": [4294967295]", "trustedUids[0]: " ID_RANGE},
    {"\"trustedUids\": []", NULL},
    {"\"env\": []", "env: must be an object of names and strings, not an array"},
    {"\"env\": {\"A\": 1}", "env.A: must be a string, not a number"},
    {"\"env\": {\"\": \"1\"}", "env[\"\"]: is no name of an environment variable"},
    {"\"env\": {\"A=B\": \"1\"}", "env[\"A=B\"]: is no name of an environment variable"},
    {"\"env\": {\"a.b\": \"\"}", NULL},

    /* subjects */
    {"\"binaries\": {}", "binaries: must be an array, not an object"},
    {"\"binaries\": [\"/a\"]", "binaries[0]: must be an object, not a string"},
    {"\"binaries\": [{}]", "binaries[0].path: is missing"},
    {"\"binaries\": [{\"path\": \"\"}]", "binaries[0].path: is empty"},
    {"\"binaries\": [{\"path\": null}]", "binaries[0].path: must be a string, not null"},
    {"\"binaries\": [{\"path\": \"a/../b\"}]", NULL},
    {"\"binaries\": [{\"path\": \"/a\\nb\"}]", NULL},
    {"\"files\": false", "files: must be an array, not false"},
    {"\"files\": [{\"path\": []}]", "files[0].path: must be a string, not an array"},
    {"\"proc\": []", "proc: must be an object, not an array"},
    {"\"proc\": true", "proc: must be an object, not true"},
    {"\"proc\": {}", NULL},
    {"\"volumes\": [{}]", "volumes[0].mountPath: is missing"},
    {"\"volumes\": [{\"mountPath\": \"v\"}]",
     "volumes[0].mountPath: must be an absolute path, not \"v\""},
    {"\"volumes\": [{\"mountPath\": \"/v/\"}]", "volumes[0].mountPath: " NORMAL "\"/v/\""},
    {"\"volumes\": [{\"mountPath\": \"/a/../v\"}]", "volumes[0].mountPath: " NORMAL "\"/a/../v\""},
    {"\"volumes\": [{\"mountPath\": \"/./v\"}]", "volumes[0].mountPath: " NORMAL "\"/./v\""},
    {"\"volumes\": [{\"mountPath\": \"//v\"}]", "volumes[0].mountPath: " NORMAL "\"//v\""},
    {"\"volumes\": [{\"mountPath\": \"/\"}]", NULL},
    {"\"volumes\": [{\"mountPath\": \"/..a/...\"}]", NULL},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"at\": \"w\"}]",
     "volumes[0].at: must be an absolute path, not \"w\""},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"at\": \"\"}]", "volumes[0].at: is empty"},
    {"\"volumes\": [{\"mountPath\": \"/v\\n\\u202ev/\"}]",
     "volumes[0].mountPath: " NORMAL "\"/v\\n\\xe2\\x80\\xaev/\""},

    /* a check's value */
    {"\"binaries\": [{\"path\": \"/a\", \"file\": true}]",
     "binaries[0].file: true is no value here; {} runs the check with its defaults, false "
     "switches it off"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": true}]",
     "binaries[0].sha256: true is no value here; {} runs the check with its defaults, false "
     "switches it off"},
    {"\"binaries\": [{\"path\": \"/a\", \"file\": \"x\"}]",
     "binaries[0].file: must be an object or false, not a string"},
    {"\"binaries\": [{\"path\": \"/a\", \"file\": null}]",
     "binaries[0].file: must be an object or false, not null"},
    {"\"binaries\": [{\"path\": \"/a\", \"file\": {\"severity\": \"error\"}}]",
     "binaries[0].file.severity: must be \"warn\" or \"fail\", not \"error\""},
    {"\"binaries\": [{\"path\": \"/a\", \"file\": {\"severity\": false}}]",
     "binaries[0].file.severity: must be a string, not false"},
    {"\"proc\": {\"limit\": true}", NULL},
    {"\"proc\": {\"limit\": 1}", "proc.limit: must be true or false, not a number"},

    /* types of parameters */
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"\"}]",
     "binaries[0].sha256: is empty; give 64 hex digits, or leave it out where no digest is asked"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \" \\t\\n\"}]",
     "binaries[0].sha256: is blank; give 64 hex digits, or leave it out where no digest is asked"},
    {"\"files\": [{\"path\": \"/a\", \"sha256\": \"\"}]",
     "files[0].sha256: is empty; give 64 hex digits, or leave it out where no digest is asked"},
    {"\"files\": [{\"path\": \"/a\", \"content\": {\"sha256\": \"\"}}]",
     "files[0].content.sha256: is empty; give 64 hex digits, or leave it out where no digest is "
     "asked"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"abc\"}]",
     "binaries[0].sha256: must be 64 hex digits, not \"abc\""},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "0\"}]",
     "binaries[0].sha256: must be 64 hex digits, not \"" HEX "0\""},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \" " HEX "\"}]",
     "binaries[0].sha256: must be 64 hex digits, not \" " HEX "\""},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"sha256:" HEX "\"}]",
     "binaries[0].sha256: must be 64 hex digits, not \"sha256:" HEX "\""},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": 0}]",
     "binaries[0].sha256: must be a string of 64 hex digits, not a number"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": null}]",
     "binaries[0].sha256: must be a string of 64 hex digits, not null"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX_UPPER "\"}]", NULL},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": \"lib/ld.so\"}]",
     "binaries[0].interpreter: must be an absolute path, not \"lib/ld.so\""},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"path\": 7}}]",
     "binaries[0].interpreter.path: must be a string, not a number"},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"trustedDirs\": \"/lib\"}}]",
     "binaries[0].interpreter.trustedDirs: must be an array of paths, not a string"},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"trustedDirs\": [\"/a\", \"/b\", \"c\"]}}]",
     "binaries[0].interpreter.trustedDirs[2]: must be an absolute path, not \"c\""},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"visible\": \"false\"}}]",
     "binaries[0].interpreter.visible: must be true or false, not a string"},
    {"\"binaries\": [{\"path\": \"/a\", \"interpreter\": {\"visible\": false}}]",
     "binaries[0].interpreter: \"visible\": false needs \"path\""},
#define IGNORE(path) "\"volumes\": [{\"mountPath\": \"/v\", \"ignore\": [\"a\", " path "]}]"
#define NOT_RELATIVE "volumes[0].ignore[1]: must be a path below the volume, without \".\" and " \
                     "\"..\" (\".\" alone is the whole), not "
    {"\"volumes\": [{\"mountPath\": \"/v\", \"ignore\": \"a\"}]",
     "volumes[0].ignore: must be an array of paths, not a string"},
    {IGNORE("7"), "volumes[0].ignore[1]: must be a string, not a number"},
    {IGNORE("\"\""), "volumes[0].ignore[1]: is empty"},
    {IGNORE("\"/a\""), NOT_RELATIVE "\"/a\""},
    {IGNORE("\"/\""), NOT_RELATIVE "\"/\""},
    {IGNORE("\"..\""), NOT_RELATIVE "\"..\""},
    {IGNORE("\"../a\""), NOT_RELATIVE "\"../a\""},
    {IGNORE("\"a/../b\""), NOT_RELATIVE "\"a/../b\""},
    {IGNORE("\"a/..\""), NOT_RELATIVE "\"a/..\""},
    {IGNORE("\"./a\""), NOT_RELATIVE "\"./a\""},
    {IGNORE("\"a/.\""), NOT_RELATIVE "\"a/.\""},
    {IGNORE("\"a//b\""), NOT_RELATIVE "\"a//b\""},
    {IGNORE("\"a//\""), NOT_RELATIVE "\"a//\""},
    {IGNORE("\".//\""), NOT_RELATIVE "\".//\""},
    {IGNORE("\"..a/.b/...\""), NULL},
    {"\"files\": [{\"path\": \"/a\", \"mode\": 420}]",
     "files[0].mode: must be a string of 3 or 4 octal digits, such as \"0644\", not a number"},
    {"\"files\": [{\"path\": \"/a\", \"mode\": \"rw\"}]",
     "files[0].mode: must be a string of 3 or 4 octal digits, such as \"0644\", not \"rw\""},
    {"\"files\": [{\"path\": \"/a\", \"mode\": \"64\"}]",
     "files[0].mode: must be a string of 3 or 4 octal digits, such as \"0644\", not \"64\""},
    {"\"files\": [{\"path\": \"/a\", \"mode\": \"00644\"}]",
     "files[0].mode: must be a string of 3 or 4 octal digits, such as \"0644\", not \"00644\""},
    {"\"files\": [{\"path\": \"/a\", \"mode\": \"0648\"}]",
     "files[0].mode: must be a string of 3 or 4 octal digits, such as \"0644\", not \"0648\""},
    {"\"files\": [{\"path\": \"/a\", \"owner\": {}}]", "files[0].owner: is empty: it asks nothing"},
    {"\"files\": [{\"path\": \"/a\", \"owner\": \"root\"}]",
     "files[0].owner: must be an object, not a string"},
    {"\"files\": [{\"path\": \"/a\", \"owner\": {\"uid\": 4294967295}}]",
     "files[0].owner.uid: " ID_RANGE},
    {"\"files\": [{\"path\": \"/a\", \"attributes\": {\"type\": \"dir\"}}]",
     "files[0].attributes.type: must be \"file\" or \"directory\", not \"dir\""},
    {"\"files\": [{\"path\": \"/a\", \"attributes\": {\"type\": 1}}]",
     "files[0].attributes.type: must be a string, not a number"},
    {"\"files\": [{\"path\": \"/a\", \"attributes\": {\"links\": [9, 10]}}]",
     "files[0].attributes.links[1]: must be a whole number from 0 to 9"},
    {"\"proc\": {\"hidepid\": 3}",
     "proc.hidepid: must be \"any\", \"0\", \"1\", \"2\" or \"invisible\", not \"3\""},
    {"\"proc\": {\"hidepid\": 1.5}",
     "proc.hidepid: must be a whole number from 0 to 9007199254740991"},
    {"\"proc\": {\"hidepid\": []}", "proc.hidepid: must be a string or a number, not an array"},
    {"\"proc\": {\"hidepid\": \"2\"}", NULL},
    {"\"proc\": {\"limit\": {\"big\": 9007199254740992}}",
     "proc.limit.big: must be a whole number from 0 to 9007199254740991"},
    {"\"proc\": {\"limit\": {\"big\": 9007199254740991}}", NULL},

    /* lifted parameters */
    {"\"files\": [{\"path\": \"/a\", \"mode\": \"0644\", \"attributes\": {\"mode\": \"0644\"}}]",
     "files[0].mode: is there twice: here and in \"attributes\""},
    {"\"files\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\", \"content\": \"" HEX "\"}]",
     "files[0].sha256: is there twice: here and in \"content\""},
    {"\"files\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\", \"content\": false}]",
     "files[0].sha256: belongs to \"content\", which is switched off beside it"},
    {"\"files\": [{\"path\": \"/a\", \"sha256\": false}]",
     "files[0].sha256: must be a string of 64 hex digits, not false"},
    {"\"files\": [{\"path\": \"/a\", \"type\": \"file\"}]",
     "files[0].type: unknown key; known here: path, content, sha256, attributes, mode, owner"},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"readOnly\": 1}]",
     "volumes[0].readOnly: must be true or false, not a number"},

    /* required parameters */
    {"\"volumes\": [{\"mountPath\": \"/v\", \"mounted\": {}}]",
     "volumes[0].mounted.type: is missing"},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"mounted\": {\"type\": \"\"}}]",
     "volumes[0].mounted.type: is empty"},
    {"\"volumes\": [{\"mountPath\": \"/v\", \"mounted\": false}]", NULL},
    {"\"volumes\": [{\"mountPath\": \"/v\"}]", NULL},
};

/* Whole texts. */
static const struct row texts[] = {
    {"", "the policy is empty"},
    {" \t\r\n", "the policy is empty"},
    {"null", "the policy: must be an object, not null"},
    {"[]", "the policy: must be an object, not an array"},
    {"\"x\"", "the policy: must be an object, not a string"},
    {"{}", "apiVersion: is missing; a policy begins with \"apiVersion\": \"initgate.dev/v1\", "
           "\"kind\": \"Policy\""},
    {"{\"apiVersion\": \"initgate.dev/v1\"}",
     "kind: is missing; a policy begins with \"apiVersion\": \"initgate.dev/v1\", \"kind\": "
     "\"Policy\""},
    {"{\"kind\": \"Policy\", \"new\": 1, \"apiVersion\": \"initgate.dev/v2\"}",
     "apiVersion: \"initgate.dev/v2\" is not supported; this version of initgate reads "
     "\"initgate.dev/v1\""},
    {"{\"apiVersion\": 1}", "apiVersion: must be a string, not a number"},
    {"{\"apiVersion\": \"\"}", "apiVersion: is empty"},
    {"{\"apiVersion\": \"initgate.dev/v1\", \"apiVersion\": \"initgate.dev/v1\"}",
     "apiVersion: the key is there twice"},
    {"{\"apiVersion\": \"initgate.dev/v1\", \"kind\": \"Report\"}",
     "kind: is \"Report\" where \"Policy\" is expected"},
    {"{" V "}", NULL},
    {" \r\n\t{" V "}\n", NULL},

    /* the scanner */
    {"{" V "} x", "line 1, column 53: text after the end of the JSON value"},
    {"{" V "}}", "line 1, column 52: text after the end of the JSON value"},
    {"{" V "}\n{" V "}", "line 2, column 1: text after the end of the JSON value"},
    {"{" V "}\v", "line 1, column 52: text after the end of the JSON value"},
    {"\xef\xbb\xbf{}", "line 1, column 1: a byte order mark; save the text as UTF-8 without one"},
    {"apiVersion: initgate.dev/v1", "line 1, column 1: JSON (YAML must be rendered first, as "
                                    "Helm's toJson does) is expected, not 'a'"},
    {"{apiVersion: 1}", "line 1, column 2: a key in double quotes is expected, not 'a'"},
    {"{'a': 1}", "line 1, column 2: a key in double quotes is expected, not '''"},
    {"{\"a\": 1,}", "line 1, column 9: a key in double quotes is expected, not '}'"},
    {"{\"a\": [1,]}", "line 1, column 10: a JSON value is expected, not ']'"},
    {"{\"a\": [1 2]}", "line 1, column 10: a comma or a closing bracket is expected, not '2'"},
    {"{\"a\": 1 \"b\": 2}", "line 1, column 9: a comma or a closing brace is expected, not '\"'"},
    {"{\"a\" 1}", "line 1, column 6: a colon is expected, not '1'"},
    {"{\"a\": 1]", "line 1, column 8: a comma or a closing brace is expected, not ']'"},
    {"{\"a\":\n\n  ,}", "line 3, column 3: a JSON value is expected, not ','"},
    {"{\"\xc3\xa9\xe2\x82\xac\": x}", "line 1, column 8: a JSON value is expected, not 'x'"},
    {"{\"a\": 1 // b\n}", "line 1, column 9: a comma or a closing brace is expected, not '/'"},
    {"{\"a\": True}", "line 1, column 7: a JSON value is expected, not 'T'"},
    {"{\"a\": nul}", "line 1, column 7: a JSON value is expected, not 'n'"},
    {"{\"a\": truex}", "line 1, column 11: a comma or a closing brace is expected, not 'x'"},
    {"{\"a\": NaN}", "line 1, column 7: a JSON value is expected, not 'N'"},
    {"{\"a\":\xc2\xa0" "1}", "line 1, column 6: a JSON value is expected, not '\xc2\xa0'"},
    {"{\"a\":\x1b}", "line 1, column 6: a JSON value is expected, not '\\x1b'"},
    {"{", "line 1, column 2: the text ends where a key in double quotes is expected"},
    {"{\"a\"", "line 1, column 5: the text ends where a colon is expected"},
    {"{\"a\":", "line 1, column 6: the text ends where a JSON value is expected"},
    {"{\"a", "line 1, column 2: the string that begins here does not end"},
    {"{\"a\\", "line 1, column 5: the text ends where one of \"\\/bfnrtu after a backslash is "
               "expected"},
    {"[1", "line 1, column 3: the text ends where a comma or a closing bracket is expected"},
    /* numbers */
    {"[01]", "line 1, column 2: a number with a leading zero; for a file mode write a string, "
             "such as \"0644\""},
    {"[-01]", "line 1, column 2: a number with a leading zero; for a file mode write a string, "
              "such as \"0644\""},
    {"[0x1]", "line 1, column 3: a comma or a closing bracket is expected, not 'x'"},
    {"[+1]", "line 1, column 2: a JSON value is expected, not '+'"},
    {"[.5]", "line 1, column 2: a JSON value is expected, not '.'"},
    {"[1.]", "line 1, column 4: a digit is expected, not ']'"},
    {"[-]", "line 1, column 3: a digit is expected, not ']'"},
    {"[1e]", "line 1, column 4: a digit is expected, not ']'"},
    {"[1e+]", "line 1, column 5: a digit is expected, not ']'"},
    {"[1,5.]", "line 1, column 6: a digit is expected, not ']'"},
    {"[Infinity]", "line 1, column 2: a JSON value is expected, not 'I'"},
    {"[100000000000000000000000000000000]",
     "line 1, column 2: a number of more than 32 characters"},
    {"[0, -0, 1.25, 1E+2, 1e-2, 0.0, 10]", "the policy: must be an object, not an array"},
    /* strings */
    {"[\"a\nb\"]", "line 1, column 4: a raw control character in a string (a quote may be "
                   "missing); write it as an escape, such as \\n"},
    {"[\"\x1f\"]", "line 1, column 3: a raw control character in a string (a quote may be "
                   "missing); write it as an escape, such as \\n"},
    {"[\"\\x41\"]", "line 1, column 4: one of \"\\/bfnrtu after a backslash is expected, not 'x'"},
    {"[\"\\'\"]", "line 1, column 4: one of \"\\/bfnrtu after a backslash is expected, not '''"},
    {"[\"\\u12g4\"]", "line 1, column 7: a hex digit is expected, not 'g'"},
    {"[\"\\u12\"]", "line 1, column 7: a hex digit is expected, not '\"'"},
    {"[\"\\u0000\"]", "line 1, column 3: a NUL character (\\u0000) in a string"},
    {"{\"a\\u0000\": 1}", "line 1, column 4: a NUL character (\\u0000) in a string"},
    {"[\"\\ud800\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\udc00\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\ud800\\u0041\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\ud800\\u0000\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\ud800\\n\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\ud800\\udc0\"]", "line 1, column 14: a hex digit is expected, not '\"'"},
    {"[\"\\ud800\\ud800\"]", "line 1, column 3: half of a UTF-16 surrogate pair in a string"},
    {"[\"\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]",
     "the policy: must be an object, not an array"},
    {"[\"\xff\"]", "line 1, column 3: a byte that is not UTF-8 in a string"},
    {"[\"\xc3\"]", "line 1, column 3: a byte that is not UTF-8 in a string"},
    {"[\"\xc0\xaf\"]", "line 1, column 3: a byte that is not UTF-8 in a string"},
    {"[\"\xed\xa0\x80\"]", "line 1, column 3: a byte that is not UTF-8 in a string"},
    {"[\"\xf4\x90\x80\x80\"]", "line 1, column 3: a byte that is not UTF-8 in a string"},
    {"\xff", "line 1, column 1: JSON (YAML must be rendered first, as Helm's toJson does) is "
             "expected, not '\\xff'"},
};

static void expect(const char *text, size_t length, const char *message)
{
    struct ig_policy *policy = NULL;
    struct ig_error e = {0};
    /* A copy of the exact size: reading past the end is for ASan to see. */
    char *copy = malloc(length != 0 ? length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, length);
    int result = ig_policy_parse(copy, length, t_specs, &policy, &e);
    free(copy);
    if (message == NULL) {
        ck_assert_msg(result == 0, "%s\nwas refused: %s", text, e.text);
        ck_assert_ptr_nonnull(policy);
        ck_assert_str_eq(e.text, "");
    } else {
        ck_assert_msg(result == -1, "%.200s\nwas accepted, expected: %s", text, message);
        ck_assert_ptr_null(policy);
        ck_assert_str_eq(e.text, message);
    }
    ig_policy_free(policy);
}

START_TEST(member_rows)
{
    const struct row *row = &members[_i];
    char *text = ig_format("{" V ", %s}", row->text);
    expect(text, strlen(text), row->message);
    free(text);
}
END_TEST

START_TEST(text_rows)
{
    expect(texts[_i].text, strlen(texts[_i].text), texts[_i].message);
}
END_TEST

START_TEST(nul_bytes)
{
    expect("{" V "\0}", sizeof "{" V "\0}" - 1, "line 1, column 51: a NUL byte");
    expect("{" V "}\0", sizeof "{" V "}\0" - 1, "line 1, column 52: a NUL byte");
    expect("\0", 1, "line 1, column 1: a NUL byte");
    expect("[\"\0\"]", 5, "line 1, column 3: a NUL byte");
}
END_TEST

static char *repeat(const char *word, size_t times, size_t *length)
{
    struct ig_buf out = {0};
    for (size_t i = 0; i < times; i++) {
        ig_buf_adds(&out, word);
    }
    *length = out.length;
    return ig_buf_steal(&out);
}

START_TEST(nesting)
{
    size_t n;
    char *text = repeat("[", 10 << 20, &n);
    expect(text, n, "line 1, column 33: more than 32 levels of nesting");
    free(text);
    text = repeat("{\"a\":", 2 << 20, &n);
    expect(text, n, "line 1, column 161: more than 32 levels of nesting");
    free(text);
    text = repeat("[[", 16, &n);
    memset(text + 16, ']', 16);
    expect(text, n, "the policy: must be an object, not an array");
    free(text);
}
END_TEST

START_TEST(size_limit)
{
    size_t n = IG_POLICY_BYTES_MAX;
    char *text = malloc(n + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', n + 1);
    memcpy(text, "{" V "}", sizeof "{" V "}" - 1);
    expect(text, n, NULL);
    expect(text, n + 1, "the policy is larger than 16 MiB");
    free(text);
}
END_TEST

/* Quadratic work over keys or subjects would take minutes here. */
START_TEST(many_members)
{
    struct ig_buf text = {0};
    ig_buf_adds(&text, "{" V ", \"env\": {");
    for (int i = 0; i < 200000; i++) {
        ig_buf_addf(&text, "\"V%d\": \"\", ", i);
    }
    ig_buf_adds(&text, "\"V0\": \"\"}}");
    expect(text.data, text.length, "env.V0: the key is there twice");
    ig_buf_free(&text);
    ig_buf_adds(&text, "{" V ", \"files\": [");
    for (int i = 0; i < 50000; i++) {
        ig_buf_addf(&text, "{\"path\": \"/%d\"}, ", i);
    }
    ig_buf_adds(&text, "{\"path\": \"/./49999\"}]}");
    struct ig_policy *policy = NULL;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_policy_parse(text.data, text.length, t_specs, &policy, &e), 0);
    ck_assert_int_eq(ig_policy_check(policy, &e), -1);
    ck_assert_str_eq(e.text, "files: \"/./49999\" is there twice");
    ig_policy_free(policy);
    ig_buf_free(&text);
}
END_TEST

/* A long key or value must not push the point out of the message. */
START_TEST(long_words)
{
    size_t n;
    char *word = repeat("abcdefghij", 500, &n);
    char *text = ig_format("{" V ", \"%s\": 1}", word);
    expect(text, strlen(text),
           "abcdefghijabcdefghijabcdefghijabcdefghij...abcdefghijabcdefghijabcdefghijabcdefghij: "
           "unknown key; known here: apiVersion, kind, metadata, runAs, trustedUids, env, "
           "binaries, files, proc, volumes");
    free(text);
    free(word);
    word = repeat("x\xe2\x82\xac", 100, &n);
    text = ig_format("{" V ", \"files\": [{\"path\": \"/a\", \"mode\": \"%s\"}]}", word);
    struct ig_policy *policy = NULL;
    struct ig_error e = {0};
    ck_assert_int_eq(ig_policy_parse(text, strlen(text), t_specs, &policy, &e), -1);
    ck_assert_ptr_nonnull(strstr(e.text, "\xe2\x82\xac...x\xe2\x82\xac"));
    ck_assert_ptr_null(strstr(e.text, "\\x"));
    free(text);
    free(word);
}
END_TEST

static const char full[] =
    "{\n"
    "  \"apiVersion\": \"initgate.dev/v1\", \"kind\": \"Policy\", \"metadata\": {\"name\": "
    "\"server\"},\n"
    "  \"runAs\": {\"uid\": 1001, \"gid\": 1002, \"groups\": [2000, 0], \"capabilities\": "
    "[\"NET_BIND_SERVICE\", \"CAP_CHOWN\"]},\n"
    "  \"trustedUids\": [0, 7],\n"
    "  \"env\": {\"LD_LIBRARY_PATH\": \"/app/lib\", \"EMPTY\": \"\"},\n"
    "  \"binaries\": [\n"
    "    {\"path\": \"/app/server\", \"sha256\": \"" HEX_UPPER "\", \"file\": {\"severity\": "
    "\"warn\"},\n"
    "     \"interpreter\": {\"path\": \"/lib64/ld.so\", \"trustedDirs\": [\"/lib\", \"/\"], "
    "\"visible\": true}},\n"
    "    {\"path\": \"b\\u00e9\\n\", \"sha256\": {\"sha256\": \"" OTHER "\", \"severity\": \"fail\"},"
    " \"interpreter\": \"/ld\"},\n"
    "    {\"path\": \"/c\", \"sha256\": false, \"interpreter\": {}}\n"
    "  ],\n"
    "  \"files\": [\n"
    "    {\"path\": \"/f\", \"sha256\": \"" HEX "\", \"mode\": \"4755\", \"owner\": {\"uid\": 0, "
    "\"gid\": 4294967294}},\n"
    "    {\"path\": \"/g\", \"sha256\": \"" HEX "\", \"content\": {\"severity\": \"warn\"},\n"
    "     \"attributes\": {\"type\": \"directory\", \"mode\": \"000\", \"links\": [1, 2]}},\n"
    "    {\"path\": \"/h\", \"content\": {\"sha256\": \"" OTHER "\"}, \"attributes\": false}\n"
    "  ],\n"
    "  \"proc\": {\"hidepid\": 2, \"limit\": {\"on\": false, \"big\": 0}},\n"
    "  \"volumes\": [\n"
    "    {\"mountPath\": \"/v\", \"at\": \"/mnt/v\", \"readOnly\": false,\n"
    "     \"ignore\": [\".\", \"./\", \"a\", \"b/c/\"],\n"
    "     \"mounted\": {\"type\": \"tmpfs\", \"source\": \"configMap\"}, \"options\": {\"noexec\": "
    "true}},\n"
    "    {\"mountPath\": \"/w\", \"options\": {\"readOnly\": true}}\n"
    "  ]\n"
    "}";

static struct ig_policy *parse(const char *text)
{
    struct ig_policy *policy = NULL;
    struct ig_error e = {0};
    int result = ig_policy_parse(text, strlen(text), t_specs, &policy, &e);
    ck_assert_msg(result == 0, "%s", e.text);
    return policy;
}

static void *params(const struct ig_policy *p, size_t subject, const char *id)
{
    const struct ig_setting *s = ig_subject_setting(&p->subjects[subject], id);
    ck_assert_ptr_nonnull(s);
    ck_assert(s->given && !s->off);
    return s->params;
}

START_TEST(full_frame)
{
    struct ig_policy *p = parse(full);
    ck_assert_str_eq(p->name, "server");
    ck_assert(p->run_as_set && p->capabilities_set && p->proc_given);
    ck_assert_uint_eq(p->run_as.uid, 1001);
    ck_assert_uint_eq(p->run_as.gid, 1002);
    ck_assert_uint_eq(p->run_as.group_count, 2);
    ck_assert_uint_eq(p->run_as.groups[0], 2000);
    ck_assert_uint_eq(p->run_as.groups[1], 0);
    ck_assert_uint_eq(p->run_as.caps, 1U << 10 | 1U << 0);
    ck_assert_uint_eq(p->trusted_uid_count, 2);
    ck_assert_uint_eq(p->trusted_uids[1], 7);
    ck_assert_uint_eq(p->env_count, 2);
    ck_assert_str_eq(p->env[0].name, "LD_LIBRARY_PATH");
    ck_assert_str_eq(p->env[0].value, "/app/lib");
    ck_assert_str_eq(p->env[1].value, "");
    static const struct {
        enum ig_kind kind;
        const char *path;
    } order[] = {{IG_KIND_BINARY, "/app/server"}, {IG_KIND_BINARY, "b\xc3\xa9\n"},
                 {IG_KIND_BINARY, "/c"},          {IG_KIND_FILE, "/f"},
                 {IG_KIND_FILE, "/g"},            {IG_KIND_FILE, "/h"},
                 {IG_KIND_PROC, "/proc"},         {IG_KIND_VOLUME, "/v"},
                 {IG_KIND_VOLUME, "/w"}};
    ck_assert_uint_eq(p->subject_count, IG_COUNT(order));
    for (size_t i = 0; i < IG_COUNT(order); i++) {
        ck_assert_int_eq(p->subjects[i].kind, order[i].kind);
        ck_assert_str_eq(p->subjects[i].path, order[i].path);
    }
    struct ig_error e = {0};
    ck_assert_msg(ig_policy_check(p, &e) == 0, "%s", e.text);
    ig_policy_free(p);
}
END_TEST

START_TEST(full_binaries)
{
    struct ig_policy *p = parse(full);
    ck_assert_str_eq(((struct t_digest *)params(p, 0, "binary.sha256"))->sha256, HEX);
    ck_assert_int_eq(ig_subject_setting(&p->subjects[0], "binary.file")->severity,
                     IG_SEVERITY_WARN);
    ck_assert_ptr_null(ig_subject_setting(&p->subjects[0], "binary.file")->params);
    ck_assert_ptr_null(ig_subject_setting(&p->subjects[0], "file.content"));
    const struct t_interpreter *i = params(p, 0, "binary.interpreter");
    ck_assert_str_eq(i->path, "/lib64/ld.so");
    ck_assert(i->trusted_dirs.set && i->trusted_dirs.count == 2);
    ck_assert_str_eq(i->trusted_dirs.list[1], "/");
    ck_assert_int_eq(i->visible, IG_TRUE);
    ck_assert_str_eq(((struct t_digest *)params(p, 1, "binary.sha256"))->sha256, OTHER);
    ck_assert_int_eq(ig_subject_setting(&p->subjects[1], "binary.sha256")->severity,
                     IG_SEVERITY_FAIL);
    i = params(p, 1, "binary.interpreter");
    ck_assert_str_eq(i->path, "/ld");
    ck_assert(!i->trusted_dirs.set && i->visible == IG_UNSET);
    ck_assert(!ig_subject_setting(&p->subjects[1], "binary.file")->given);
    const struct ig_setting *off = ig_subject_setting(&p->subjects[2], "binary.sha256");
    ck_assert(off->given && off->off);
    i = params(p, 2, "binary.interpreter");
    ck_assert_ptr_null(i->path);
    ig_policy_free(p);
}
END_TEST

START_TEST(full_others)
{
    struct ig_policy *p = parse(full);
    ck_assert_str_eq(((struct t_digest *)params(p, 3, "file.content"))->sha256, HEX);
    const struct t_attributes *a = params(p, 3, "file.attributes");
    ck_assert(a->mode.set && a->mode.value == 04755 && a->type == 0);
    ck_assert(a->owner.uid.set && a->owner.uid.value == 0);
    ck_assert(a->owner.gid.set && a->owner.gid.value == 4294967294U);
    ck_assert_str_eq(((struct t_digest *)params(p, 4, "file.content"))->sha256, HEX);
    ck_assert_int_eq(ig_subject_setting(&p->subjects[4], "file.content")->severity,
                     IG_SEVERITY_WARN);
    a = params(p, 4, "file.attributes");
    ck_assert(a->mode.set && a->mode.value == 0 && a->type == 2 && !a->owner.uid.set);
    ck_assert(a->links.set && a->links.count == 2 && a->links.list[1] == 2);
    ck_assert(ig_subject_setting(&p->subjects[5], "file.attributes")->off);
    ck_assert_int_eq(((struct t_mode *)params(p, 6, "proc.hidepid"))->mode, 4);
    const struct t_limit *l = params(p, 6, "proc.limit");
    ck_assert(l->on == IG_FALSE && l->big.set && l->big.value == 0);
    ck_assert(!ig_subject_setting(&p->subjects[6], "proc.mounted")->given);
    ck_assert_str_eq(p->subjects[7].at, "/mnt/v");
    ck_assert_ptr_null(p->subjects[8].at);
    const struct t_options *o = params(p, 7, "volume.options");
    ck_assert(o->read_only == IG_FALSE && o->noexec == IG_TRUE);
    static const char *const ignored[] = {".", ".", "a", "b/c"};
    ck_assert(o->ignore.set && o->ignore.count == IG_COUNT(ignored));
    for (size_t i = 0; i < IG_COUNT(ignored); i++) {
        ck_assert_str_eq(o->ignore.list[i], ignored[i]);
    }
    const struct t_mounted *m = params(p, 7, "volume.mounted");
    ck_assert_str_eq(m->fs_type, "tmpfs");
    ck_assert_int_eq(m->source, 2);
    o = params(p, 8, "volume.options");
    ck_assert(o->read_only == IG_TRUE && o->noexec == IG_UNSET);
    ig_policy_free(p);
}
END_TEST

START_TEST(every_truncation)
{
    for (size_t n = 0; n < sizeof full - 1; n++) {
        struct ig_policy *policy = NULL;
        struct ig_error e = {0};
        char *copy = malloc(n != 0 ? n : 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, full, n);
        ck_assert_int_eq(ig_policy_parse(copy, n, t_specs, &policy, &e), -1);
        ck_assert_ptr_null(policy);
        ck_assert_str_ne(e.text, "");
        free(copy);
    }
}
END_TEST

/* What a changed byte gives is another policy or an error with a sentence; what
 * is outside strings and numbers is always an error. */
START_TEST(every_byte_changed)
{
    static const char bytes[] = {'\0', '"', '}', '\\', '9', ' ', '\n', '\xff'};
    char *copy = ig_strdup(full);
    for (size_t i = 0; i < sizeof full - 1; i++) {
        for (size_t b = 0; b < sizeof bytes; b++) {
            struct ig_policy *policy = NULL;
            struct ig_error e = {0};
            copy[i] = bytes[b];
            int result = ig_policy_parse(copy, sizeof full - 1, t_specs, &policy, &e);
            ck_assert_int_eq(result == 0, policy != NULL);
            ck_assert_int_eq(result == 0, e.text[0] == '\0');
            bool structure = strchr("{}[]:,", full[i]) != NULL;
            bool other = bytes[b] != full[i] && bytes[b] != '\n' && bytes[b] != ' ';
            ck_assert_msg(result == -1 || !structure || !other, "byte %zu as 0x%02x passes", i,
                          (unsigned char)bytes[b]);
            ig_policy_free(policy);
            copy[i] = full[i];
        }
    }
    free(copy);
}
END_TEST

START_TEST(empty_policy)
{
    struct ig_error e = {0};
    struct ig_policy *p = ig_policy_new(t_specs);
    ck_assert_uint_eq(p->subject_count, 1);
    ck_assert_str_eq(p->subjects[0].path, "/proc");
    ck_assert_uint_eq(p->trusted_uid_count, 1);
    ck_assert_uint_eq(p->trusted_uids[0], 0);
    ck_assert_uint_eq(p->run_as.caps, IG_CAPS_RUNTIME_DEFAULT);
    ck_assert(!p->run_as_set && !p->proc_given && !p->capabilities_set);
    ck_assert_int_eq(ig_policy_check(p, &e), -1);
    ck_assert_str_eq(e.text, "nothing to check: name at least one binary, file or volume, or "
                             "\"proc\"");
    ig_policy_free(p);
    p = parse("{" V ", \"binaries\": [], \"runAs\": {\"uid\": 5, \"gid\": 6}}");
    ck_assert_int_eq(ig_policy_check(p, &e), -1);
    ck_assert_uint_eq(p->run_as.caps, IG_CAPS_RUNTIME_DEFAULT);
    ig_policy_free(p);
    p = parse("{" V ", \"proc\": {}}");
    ck_assert_int_eq(ig_policy_check(p, &e), 0);
    ig_policy_free(p);
    ig_policy_free(NULL);
}
END_TEST

static const struct row checks[] = {
    {"\"binaries\": [{\"path\": \"/a\"}, {\"path\": \"/a\"}]", "binaries: \"/a\" is there twice"},
    {"\"files\": [{\"path\": \"/a/b\"}, {\"path\": \"/c\"}, {\"path\": \"/a/.//b\"}]",
     "files: \"/a/.//b\" is there twice"},
    {"\"files\": [{\"path\": \"a\"}, {\"path\": \"./a\"}]", "files: \"./a\" is there twice"},
    {"\"volumes\": [{\"mountPath\": \"/v\"}, {\"mountPath\": \"/v\", \"at\": \"/w\"}]",
     "volumes: \"/v\" is there twice"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\"}], \"files\": [{\"path\": \"//a\", "
     "\"sha256\": \"" OTHER "\"}]",
     "two digests are asked of \"//a\": " HEX " in binaries and " OTHER " in files"},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\"}], \"files\": [{\"path\": \"//a\", "
     "\"sha256\": \"" HEX_UPPER "\"}]", NULL},
    {"\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\"}], \"files\": [{\"path\": \"/a\"}], "
     "\"volumes\": [{\"mountPath\": \"/a\"}]", NULL},
    {"\"files\": [{\"path\": \"/a\"}, {\"path\": \"/b/../a\"}, {\"path\": \"a\"}, {\"path\": "
     "\"/A\"}]", NULL},
};

START_TEST(check_rows)
{
    char *text = ig_format("{" V ", %s}", checks[_i].text);
    struct ig_policy *p = parse(text);
    struct ig_error e = {0};
    ck_assert_int_eq(ig_policy_check(p, &e), checks[_i].message != NULL ? -1 : 0);
    ck_assert_str_eq(e.text, checks[_i].message != NULL ? checks[_i].message : "");
    ig_policy_free(p);
    free(text);
}
END_TEST

#define BASE \
    "{" V ", \"runAs\": {\"uid\": 1001, \"gid\": 1002, \"groups\": [7, 8]}, " \
    "\"binaries\": [{\"path\": \"/a\", \"sha256\": \"" HEX "\"}, {\"path\": \"/off\", \"sha256\": " \
    "false}, {\"path\": \"/none\"}, {\"path\": \"/warn\", \"sha256\": {\"severity\": \"warn\"}}], " \
    "\"files\": [{\"path\": \"/f\", \"sha256\": \"" HEX "\"}, {\"path\": \"/g\", \"content\": " \
    "false}]}"

static const struct {
    enum ig_kind kind;
    const char *path, *sha256, *message;
    const char *has;  /* the digest afterwards */
    int added;        /* subjects */
} adds[] = {
    {IG_KIND_BINARY, "/new", HEX, NULL, HEX, 1},
    {IG_KIND_BINARY, "/new", NULL, NULL, NULL, 1},
    {IG_KIND_BINARY, "rel/new", HEX_UPPER, NULL, HEX, 1},
    {IG_KIND_BINARY, "/a", NULL, NULL, HEX, 0},
    {IG_KIND_BINARY, "/a", HEX, NULL, HEX, 0},
    {IG_KIND_BINARY, "//a", HEX_UPPER, NULL, HEX, 0},
    {IG_KIND_BINARY, "/./a", OTHER,
     "two digests are asked of \"/./a\": " HEX " and " OTHER, HEX, 0},
    {IG_KIND_BINARY, "/off", OTHER, NULL, OTHER, 0},
    {IG_KIND_BINARY, "/none", OTHER, NULL, OTHER, 0},
    {IG_KIND_BINARY, "/warn", OTHER, NULL, OTHER, 0},
    {IG_KIND_BINARY, "", NULL, "the path is empty", NULL, 0},
    {IG_KIND_BINARY, "/x\n", "", "SHA256 of \"/x\\n\": is empty; give 64 hex digits, or leave it "
                                 "out where no digest is asked", NULL, 0},
    {IG_KIND_BINARY, "/x", " ", "SHA256 of \"/x\": is blank; give 64 hex digits, or leave it out "
                                "where no digest is asked", NULL, 0},
    {IG_KIND_BINARY, "/x", "12", "SHA256 of \"/x\": must be 64 hex digits, not \"12\"", NULL, 0},
    {IG_KIND_FILE, "/f", HEX, NULL, HEX, 0},
    {IG_KIND_FILE, "/f", OTHER, "two digests are asked of \"/f\": " HEX " and " OTHER, HEX, 0},
    {IG_KIND_FILE, "/g", OTHER, NULL, OTHER, 0},
    {IG_KIND_FILE, "/a", HEX, NULL, HEX, 1},
};

START_TEST(add_rows)
{
    struct ig_policy *p = parse(BASE);
    struct ig_error e = {0};
    size_t before = p->subject_count;
    int result = ig_policy_add(p, t_specs, adds[_i].kind, adds[_i].path, adds[_i].sha256, &e);
    ck_assert_str_eq(e.text, adds[_i].message != NULL ? adds[_i].message : "");
    ck_assert_int_eq(result, adds[_i].message != NULL ? -1 : 0);
    ck_assert_uint_eq(p->subject_count, before + (size_t)adds[_i].added);
    enum ig_kind last = IG_KIND_BINARY;
    size_t found = 0;
    for (size_t i = 0; i < p->subject_count; i++) {
        struct ig_subject *s = &p->subjects[i];
        ck_assert(s->kind >= last);
        last = s->kind;
        /* The four spellings in the rows of what the policy calls "/a". */
        const char *slash = strrchr(adds[_i].path, '/');
        if (s->kind != adds[_i].kind || slash == NULL || strcmp(strrchr(s->path, '/'), slash) != 0) {
            continue;
        }
        found++;
        const struct ig_setting *set =
            ig_subject_setting(s, s->kind == IG_KIND_BINARY ? "binary.sha256" : "file.content");
        const struct t_digest *digest = set->params;
        ck_assert_int_eq(set->given, adds[_i].has != NULL);
        ck_assert(!set->off);
        ck_assert_int_eq(set->severity, strcmp(s->path, "/warn") == 0 ? IG_SEVERITY_WARN
                                                                      : IG_SEVERITY_DEFAULT);
        ck_assert_ptr_eq(adds[_i].has == NULL ? digest->sha256 : NULL, NULL);
        ck_assert(adds[_i].has == NULL || strcmp(digest->sha256, adds[_i].has) == 0);
    }
    ck_assert_uint_eq(found, adds[_i].message == NULL || adds[_i].has != NULL ? 1 : 0);
    ig_policy_free(p);
}
END_TEST

/* Many of one kind, between others: the order holds and nothing is lost. */
START_TEST(add_many)
{
    struct ig_policy *p = parse("{" V ", \"volumes\": [{\"mountPath\": \"/v\"}]}");
    for (int i = 0; i < 300; i++) {
        char *path = ig_format("/%d", i / 2);
        ck_assert_int_eq(ig_policy_add(p, t_specs, i % 2 ? IG_KIND_FILE : IG_KIND_BINARY, path,
                                       HEX, NULL), 0);
        free(path);
    }
    ck_assert_uint_eq(p->subject_count, 302);
    for (size_t i = 0; i < 300; i++) {
        char *path = ig_format("/%zu", i % 150);
        ck_assert_int_eq(p->subjects[i].kind, i < 150 ? IG_KIND_BINARY : IG_KIND_FILE);
        ck_assert_str_eq(p->subjects[i].path, path);
        free(path);
    }
    ck_assert_str_eq(p->subjects[300].path, "/proc");
    ck_assert_str_eq(p->subjects[301].path, "/v");
    ck_assert_int_eq(ig_policy_check(p, NULL), 0);
    ig_policy_free(p);
}
END_TEST

#define RUN_AS_FORM " is not UID:GID[,GID...] with ids from 0 to 4294967294"

static const struct {
    bool on_base;
    const char *text, *message;
} run_as[] = {
    {true, "1001:1002", NULL},
    {true, "1001:1002,8,7", NULL},
    {true, "1001:1002,8,7,8", NULL},
    {true, "1001:1002,7", "\"1001:1002,7\" contradicts the groups of the policy's runAs"},
    {true, "1001:1002,7,8,9", "\"1001:1002,7,8,9\" contradicts the groups of the policy's runAs"},
    {true, "1001:1001", "\"1001:1001\" contradicts the policy's runAs, which is 1001:1002"},
    {true, "0:1002", "\"0:1002\" contradicts the policy's runAs, which is 1001:1002"},
    {false, "1001:1002", NULL},
    {false, "4294967294:0,1,2,3", NULL},
    {false, "", "\"\"" RUN_AS_FORM},
    {false, "1001", "\"1001\"" RUN_AS_FORM},
    {false, "1001:", "\"1001:\"" RUN_AS_FORM},
    {false, ":1001", "\":1001\"" RUN_AS_FORM},
    {false, "1:2,", "\"1:2,\"" RUN_AS_FORM},
    {false, "1:2,,3", "\"1:2,,3\"" RUN_AS_FORM},
    {false, "1:2:3", "\"1:2:3\"" RUN_AS_FORM},
    {false, "1,2:3", "\"1,2:3\"" RUN_AS_FORM},
    {false, "-1:2", "\"-1:2\"" RUN_AS_FORM},
    {false, "+1:2", "\"+1:2\"" RUN_AS_FORM},
    {false, " 1:2", "\" 1:2\"" RUN_AS_FORM},
    {false, "1:2 ", "\"1:2 \"" RUN_AS_FORM},
    {false, "root:root", "\"root:root\"" RUN_AS_FORM},
    {false, "4294967295:0", "\"4294967295:0\"" RUN_AS_FORM},
    {false, "0:18446744073709551616", "\"0:18446744073709551616\"" RUN_AS_FORM},
};

START_TEST(run_as_rows)
{
    struct ig_policy *p = run_as[_i].on_base ? parse(BASE) : ig_policy_new(t_specs);
    struct ig_error e = {0};
    int result = ig_policy_add_run_as(p, run_as[_i].text, &e);
    ck_assert_str_eq(e.text, run_as[_i].message != NULL ? run_as[_i].message : "");
    ck_assert_int_eq(result, run_as[_i].message != NULL ? -1 : 0);
    ck_assert_int_eq(p->run_as_set, run_as[_i].on_base || result == 0);
    ck_assert_uint_eq(p->run_as.caps, IG_CAPS_RUNTIME_DEFAULT);
    if (run_as[_i].on_base) {
        ck_assert_uint_eq(p->run_as.group_count, 2);
    }
    ig_policy_free(p);
}
END_TEST

START_TEST(run_as_values)
{
    struct ig_policy *p = ig_policy_new(t_specs);
    ck_assert_int_eq(ig_policy_add_run_as(p, "4294967294:0,1,22", NULL), 0);
    ck_assert_uint_eq(p->run_as.uid, 4294967294U);
    ck_assert_uint_eq(p->run_as.gid, 0);
    ck_assert_uint_eq(p->run_as.group_count, 2);
    ck_assert_uint_eq(p->run_as.groups[1], 22);
    struct ig_error e = {0};
    ck_assert_int_eq(ig_policy_add_run_as(p, "4294967294:0,1", &e), -1);
    ck_assert_int_eq(ig_policy_add_run_as(p, "4294967294:0", &e), -0);
    ig_policy_free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, member_rows, 0, (int)IG_COUNT(members));
    tcase_add_loop_test(rows, text_rows, 0, (int)IG_COUNT(texts));
    tcase_add_loop_test(rows, check_rows, 0, (int)IG_COUNT(checks));
    tcase_add_loop_test(rows, add_rows, 0, (int)IG_COUNT(adds));
    tcase_add_loop_test(rows, run_as_rows, 0, (int)IG_COUNT(run_as));
    suite_add_tcase(suite, rows);
    TCase *bad = tcase_create("bad input");
    tcase_set_timeout(bad, 60);
    tcase_add_test(bad, nul_bytes);
    tcase_add_test(bad, nesting);
    tcase_add_test(bad, size_limit);
    tcase_add_test(bad, many_members);
    tcase_add_test(bad, long_words);
    tcase_add_test(bad, every_truncation);
    tcase_add_test(bad, every_byte_changed);
    suite_add_tcase(suite, bad);
    TCase *good = tcase_create("meaning");
    tcase_add_test(good, full_frame);
    tcase_add_test(good, full_binaries);
    tcase_add_test(good, full_others);
    tcase_add_test(good, empty_policy);
    tcase_add_test(good, add_many);
    tcase_add_test(good, run_as_values);
    suite_add_tcase(suite, good);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
