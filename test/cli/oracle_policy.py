#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracles for what `initgate verify` accepts as a policy.

usage: oracle_policy.py [--seed N] [--mutants N] INITGATE

1. Syntax: Python's json. A policy is damaged at random, byte by byte; json refuses a text exactly
   where INITGATE names a line and a column, but for what only INITGATE refuses (NARROWER).
2. Meaning: the schema that INITGATE prints, under python3-jsonschema. The schema itself gives a
   policy that has every key; each key is taken away, misspelt, and given each of the values below;
   the validator refuses a policy exactly where INITGATE exits 2, but for what a schema cannot say
   (BEYOND_SCHEMA, and capabilities in lower case).
3. doc/policy.md: its JSON is accepted by both, its table of faults is true.

The last line is "N of N agree"; exit status 1 where not all do, 2 where it cannot run.
"""
import argparse
import concurrent.futures
import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    sys.exit("oracle_policy.py: needs python3-jsonschema (docker/deps.sh test)")

DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

SAMPLES = [DIGEST, "0644", "/x", "CHOWN", "NAME", "x/y"]

VALUES = [
    None, True, False, 0, 1, 2, -1, 1.5, 1e3, 4294967294, 4294967295, 2**53, "", " ", "x", "/", "/x",
    "/x/", "/x//y", "/x/../y", "/..", "/...", "644", "0644", "00644", "0648", "any", "deny", "warn",
    "CHOWN", "CAP_CHOWN", "ALL", DIGEST, DIGEST.upper(), DIGEST[1:], DIGEST + "0", [], [0], [1.5],
    ["/x"], ["/x/"], ["x/"], ["./"], ["."], ["./x"], ["x/.."], ["..."], [".x/..y"], ["x//"],
    [".."], [""], ["/"], ["//"], ["x//y"], ["x/./y"], ["../x"], ["CHOWN"], [None], [[]], {}, {"x": "y"}, {"severity": "warn"},
    {"severity": "error"}, {"path": "/x"}, {"uid": 0},
]

NARROWER = re.compile(r"surrogate|NUL character|levels of nesting|more than 32 characters")

BEYOND_SCHEMA = re.compile(
    r"is there twice: here and in|which is switched off beside it|: \S+ is there twice|"
    r"two digests are asked of|needs \"path\"|is no Go version|\"dirs\" is empty|"
    r"would leave nothing to compare|needs a \"manifest\"")

# What a schema cannot tell from other strings.
MEANT = {"version": "1.25.3", "minVersion": "1.25"}


def sample(schema):
    """A value that SCHEMA accepts; of an object, with every key."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(next(s for s in schema["anyOf"] if s.get("type") == "object"))
    kind = schema["type"]
    if kind == "string":
        if "pattern" not in schema:
            return "/x"
        return next(s for s in SAMPLES if re.search(schema["pattern"], s))
    if kind == "array":
        return [sample(schema["items"])]
    if kind == "object":
        return sample_object(schema)
    return {"integer": 0, "boolean": True}[kind]


def sample_object(schema):
    if "properties" not in schema:
        return {sample(schema["propertyNames"]): sample(schema["additionalProperties"])}
    members = {key: MEANT.get(key) or sample(value)
               for key, value in schema["properties"].items()}
    for value in members.values():
        if isinstance(value, dict) and "severity" in value:
            # What may also stand one level up must not stand in both places.
            for key in set(members) & set(value):
                if members[key] is not value:
                    del value[key]
    return members


def paths(value, at=()):
    """Each place in VALUE, as keys and indices from the top."""
    if at:
        yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(
        value, list) else ()
    for key, member in members:
        yield from paths(member, at + (key,))


def changed(policy, at, change):
    policy = copy.deepcopy(policy)
    holder = policy
    for key in at[:-1]:
        holder = holder[key]
    change(holder, at[-1])
    return policy


def rename(holder, key, name):
    holder[name] = holder.pop(key)


def variants(policy):
    yield policy
    for at in paths(policy):
        yield changed(policy, at, lambda holder, key: holder.pop(key))
        for value in VALUES:
            yield changed(policy, at, lambda holder, key, v=value: holder.__setitem__(key, v))
        if isinstance(at[-1], str):
            for name in (at[-1] + "x", at[-1].swapcase(), at[-1][1:], ""):
                yield changed(policy, at, lambda holder, key, n=name: rename(holder, key, n))


def mutants(text, seed, count):
    """Damaged copies of TEXT, as bytes."""
    rng = random.Random(seed)
    pieces = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"\\u0000", b"0",
              b"-", b"+", b".", b"e", b"E5", b"1", b"true", b"nul", b"NaN", b" ", b"\t", b"\n",
              b"\r", b"\v", b"\f", b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc3", b"\xc3\xa9",
              b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"/", b"//", b"'",
              b"a", b"u"]
    for _ in range(count):
        data = bytearray(text)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            # The ends are where trailing text and marks stand.
            at = rng.choice((0, len(data), *[rng.randrange(len(data) + 1)] * 8))
            piece = rng.choice(pieces)
            data[at:at + rng.choice((0, 0, 1, len(piece)))] = piece
        yield bytes(data)


class Gate:
    def __init__(self, binary, directory):
        self.binary = binary
        self.root = os.path.join(directory, "root")
        os.mkdir(self.root)
        # An empty root is refused before anything else.
        with open(os.path.join(self.root, "x"), "w", encoding="ascii"):
            pass

    def schema(self):
        return json.loads(subprocess.run([self.binary, "schema"], check=True,
                                         stdout=subprocess.PIPE).stdout)

    def refusal(self, text):
        """Why TEXT is refused as a policy, or None where it is not."""
        done = subprocess.run([self.binary, "verify", "--policy", "-", "--root", self.root],
                              input=text, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              check=False)
        message = done.stderr.decode("utf-8", "replace").strip()
        if done.returncode not in (0, 1, 2, 3) or (done.returncode == 2 and not message):
            raise SystemExit(f"oracle_policy.py: exit status {done.returncode}, {message!r} "
                             f"for {text!r}")
        return message if done.returncode == 2 else None


def json_refuses(data):
    def refuse(word):
        raise ValueError(word)
    try:
        json.loads(data.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return True
    return False


def same_syntax(gate, data):
    message = gate.refusal(data)
    ours = message is not None and (": line " in message or "policy is empty" in message)
    if ours == json_refuses(data) or (ours and NARROWER.search(message)):
        return True
    print(f"syntax: json {'accepts' if ours else 'refuses'} {data!r}; initgate: {message}")
    return False


def lower_case_capability(policy):
    names = policy.get("runAs", {}).get("capabilities", [])
    return any(name != name.upper() for name in names)


def same_meaning(gate, validator, policy):
    message = gate.refusal(json.dumps(policy).encode())
    error = jsonschema.exceptions.best_match(validator.iter_errors(policy))
    if (message is None) == (error is None):
        return True
    if error is None and BEYOND_SCHEMA.search(message):
        return True
    if message is None and lower_case_capability(policy):
        return True
    print(f"schema: {json.dumps(policy)}\n  initgate: {message}\n"
          f"  schema: {error.json_path + ': ' + error.message if error else None}")
    return False


def same_documentation(gate, validator):
    """For each example of doc/policy.md, whether it is true."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../doc/policy.md"), encoding="utf-8") as file:
        text = file.read()
    for example in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        good = gate.refusal(example.encode()) is None and validator.is_valid(json.loads(example))
        if not good:
            print(f"doc/policy.md: refused: {gate.refusal(example.encode())}")
        yield good
    for members, message in re.findall(r"^\| `(\".*)` \| `(.*)` \|$", text, re.MULTILINE):
        said = gate.refusal(f'{{"apiVersion": "initgate.dev/v1", "kind": "Policy", {members}}}'
                            .encode())
        if said is None or not said.endswith(": " + message):
            print(f"doc/policy.md: {members} gives {said}")
        yield said is not None and said.endswith(": " + message)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("initgate")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        gate = Gate(os.path.abspath(args.initgate), directory)
        schema = gate.schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        policy = sample(schema)
        if gate.refusal(json.dumps(policy).encode()) is not None:
            print("the policy with every key is refused:", gate.refusal(json.dumps(policy).encode()))
            return 1
        texts = list(mutants(json.dumps(policy, indent=1, ensure_ascii=False).encode(), args.seed,
                             args.mutants))
        meanings = list(variants(policy))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            syntax = list(pool.map(lambda data: same_syntax(gate, data), texts))
            meaning = list(pool.map(lambda p: same_meaning(gate, validator, p), meanings))
        examples = list(same_documentation(gate, validator))
    print(f"syntax: {len(syntax)} texts; meaning: {len(meaning)} policies, "
          f"{sum(1 for _ in paths(policy))} places; documentation: {len(examples)} examples")
    results = syntax + meaning + examples
    print(f"{sum(results)} of {len(results)} agree")
    return 0 if all(results) and len(examples) > 1 else 1


if __name__ == "__main__":
    sys.exit(main())
