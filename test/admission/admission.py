#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/admission under Kubernetes' own code. Its objects as an API server judges them, and each
rule of that broken; pods accepted and refused, each refusal with its message; the gate injected,
once and only once; and every expression broken in turn, to see that some case notices.

    test/admission/run.sh [BINARY [NAME]]

NAME: only the cases whose name contains it; or all of "objects" or "mutants".
"""
import copy
import functools
import re
import sys

import yaml

import cases
import apiserver
import manifests
from manifests import GATE, TOP, container, gate, pod
import validity

sys.path += [str(TOP / folder) for folder in ("test/cli/support", "test/deploy", "test/pod")]
import engine  # noqa: E402
import images  # noqa: E402
import pods  # noqa: E402
import tap  # noqa: E402
import tools  # noqa: E402

LABELS = {"shop": {"initgate.dev/enforce": "deny", "initgate.dev/inject": "enabled"},
          "warned": {"initgate.dev/enforce": "warn"}, "watched": {"initgate.dev/enforce": "audit"},
          "mistyped": {"initgate.dev/enforce": "Deny"}, "yes": {"initgate.dev/enforce": "yes"},
          "valueless": {"initgate.dev/enforce": ""},
          "injected": {"initgate.dev/inject": "enabled"}, "elsewhere": {}}


@functools.cache
def shipped():
    return [yaml.safe_load(text) for text in validity.texts()]


def cluster(objects=None, parameters=None):
    """What the API server holds: the shipped objects, or `objects`, and the namespaces."""
    held = copy.deepcopy(objects or shipped())
    for one in list(held):
        if one["kind"] == "ConfigMap" and parameters is not None:
            if parameters is False:
                held.remove(one)
            else:
                one["data"] = parameters
    return held + [{"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": labels}}
                   for name, labels in LABELS.items()]


def complaint(case, outcome):
    """Why an outcome is not what the case asks for, or None."""
    said = outcome.get("denied") or outcome.get("error")
    if case.refused is None:
        return f"refused: {said}" if said else None
    if not said:
        return f"accepted; it should be refused with: {case.refused}"
    text = said.split("denied request: ", 1)[-1]
    if not text.removeprefix("failed to configure binding: ").startswith(case.refused):
        return f"refused with: {text}\ninstead of: {case.refused}"
    return None


def groups_of(wanted, objects=None):
    """Cases that share their parameters share an API server."""
    by_parameters = {}
    for case in wanted:
        by_parameters.setdefault(repr(case.parameters), []).append(case)
    return [({"objects": cluster(objects, rows[0].parameters),
              "requests": [case.request() for case in rows]}, rows)
            for rows in by_parameters.values()]


# The objects themselves.

def test_objects(tally):
    written = list(validity.texts())
    for found, faults in zip(shipped(), apiserver.faults(written)):
        tally.add(f"object {found['kind']} {found['metadata']['name']}", "\n".join(faults) or None)
    rows = list(validity.broken(shipped()))
    for (name, _, field, said), faults in zip(rows, apiserver.faults([row[1] for row in rows])):
        found = any(field in fault and said in fault for fault in faults)
        tally.add(f"refused: {name}", None if found else f"{field}: {said}: not in {faults}")


def test_loose_ends(tally):
    tally.add("objects fit each other", "\n".join(validity.loose_ends(shipped())) or None)
    for name, objects, said in validity.untied(shipped()):
        faults = validity.loose_ends(objects)
        tally.add(f"refused: {name}", None if said in "\n".join(faults) else faults)


def test_cases(tally, wanted):
    groups = groups_of(wanted)
    for (_, rows), outcomes in zip(groups, apiserver.admit([group for group, _ in groups])):
        for case, outcome in zip(rows, outcomes):
            tally.add(f"case {case.name}", complaint(case, outcome))


# What expressions may cost.

COSTLY = """object.spec.volumes.all(a, object.spec.volumes.all(b, object.spec.volumes.all(c,
         a.name + b.name != c.name)))"""


def costly(part):
    """The shipped objects with an expression of initgate-pods that costs too much."""
    objects = copy.deepcopy(shipped())
    spec = next(one["spec"] for one in objects if one["metadata"]["name"] == "initgate-pods"
                and one["kind"] == "ValidatingAdmissionPolicy")
    if part == "variables":
        spec["variables"].insert(0, {"name": "costly", "expression": COSTLY})
        spec["validations"][0]["expression"] = "variables.costly"
    else:
        spec[part] = [{"name": "costly"} if part == "matchConditions" else {}]
        spec[part][0]["expression"] = COSTLY
    return objects


def test_cost(tally):
    every = list(cases.largest())
    test_cases(tally, every)
    parts = ("validations", "variables", "matchConditions")
    answers = apiserver.admit([{"objects": cluster(costly(part)), "requests": [every[0].request()]}
                               for part in parts])
    for part, (outcome,) in zip(parts, answers):
        found = "actual cost limit exceeded" in outcome.get("denied", "")
        tally.add(f"refused: costly {part}", None if found else outcome)


# Broken policies: what a test must notice.

def operand_end(text, start):
    """Where the operand of an && that begins at `start` ends."""
    depth, quote = 0, ""
    for at in range(start, len(text)):
        mark = text[at]
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote = mark
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth < 0:
                return at
        elif depth == 0 and (text[at:at + 2] in ("&&", "||", "? ") or mark in ":,"):
            return at
    return len(text)


def broken(expression):
    """(how, text): the expression made true, turned round, and without each operand of an &&."""
    yield "dropped", "true"
    yield "reversed", f"!({expression})"
    for found in re.finditer("&&", expression):
        end = operand_end(expression, found.end())
        operand = expression[found.end():end].strip()
        yield f"without {operand}", f"{expression[:found.end()]} true {expression[end:]}"


def mutants():
    """(name, policy, what it refuses with, objects): the shipped objects with one expression of the
    policy broken. Variables only in parts."""
    for index, document in enumerate(shipped()):
        if not document["kind"].endswith("Policy"):
            continue
        for part in ("validations", "matchConditions", "variables"):
            for row, found in enumerate(document["spec"].get(part, [])):
                for how, text in list(broken(found["expression"]))[2 * (part == "variables"):]:
                    objects = list(shipped())
                    objects[index] = copy.deepcopy(document)
                    objects[index]["spec"][part][row]["expression"] = text
                    yield (f"{document['metadata']['name']} {part}[{row}] {how}", document,
                           said(found), objects)


def said(found):
    """How a validation's message begins, or None."""
    if "messageExpression" in found:
        return found["messageExpression"].strip('"').split('" +')[0]
    return found.get("message")


def concerned(policy, wanted):
    """The cases that a validating policy matches: no other policy of the folder does."""
    if policy["kind"] != "ValidatingAdmissionPolicy":
        return []
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    matched = {(operation, resource) for rule in rules for operation in rule["operations"]
               for resource in rule["resources"]}
    return [case for case in wanted if case.matched_as() in matched]


def sample(wanted, message):
    """A few cases of each kind, and all that the message refuses: they notice nearly everything, in
    a tenth of the time."""
    chosen = {(case.refused, case.name.split(":")[0] if not case.refused else "",
               case.namespace): case for case in reversed(wanted) if case.parameters is None}
    return [*chosen.values(), *(case for case in wanted if message and case.refused and (
        message.startswith(case.refused) or case.refused.startswith(message)))]


def noticed(tried):
    """The keys of {key: (cases, objects)} of which some case comes out otherwise."""
    groups = [(key, *group) for key, (wanted, objects) in tried.items()
              for group in groups_of(wanted, objects)]
    answers = apiserver.admit([group for _, group, _ in groups])
    return {key for (key, _, rows), outcomes in zip(groups, answers)
            for case, outcome in zip(rows, outcomes) if complaint(case, outcome)}


def test_mutants(tally, wanted):
    every = list(mutants())
    left = {key: (concerned(policy, wanted), message, objects)
            for key, (_, policy, message, objects) in enumerate(every)}
    for choose in (sample, lambda rows, _: rows):
        found = noticed({key: (choose(rows, message), objects)
                         for key, (rows, message, objects) in left.items()})
        left = {key: row for key, row in left.items() if key not in found}
    left = {key for key, (_, _, objects) in left.items() if not injection_faults(objects)}
    for key, (name, *_) in enumerate(every):
        tally.add(f"noticed: {name}", "no case fails when it is broken" if key in left else None)


# The injection.

def application(**annotations):
    """The image-volume manifest's pod as its author would write it, without the gate."""
    made = pod("image-volume")
    del made["spec"]["initContainers"]
    made["spec"]["volumes"] = [v for v in made["spec"]["volumes"]
                               if not v["name"].startswith("initgate-")]
    made["metadata"]["annotations"] = {f"initgate.dev/{key}": value
                                       for key, value in annotations.items()}
    return made


def edited(made, *edits):
    for edit in edits:
        edit(made)
    return made


def two_containers(made):
    made["spec"]["containers"].insert(0, {"name": "other", "image": cases.OTHER})


def without_volumes(made):
    del made["spec"]["volumes"]
    container(made, "server")["volumeMounts"] = []


def as_root(made):
    container(made, "server").pop("securityContext")


POLICY = {"policy": "server-policy"}
# name: (the pod, its namespace, whether it gets a gate, how its refusal begins, the parameters)
INJECTIONS = {
    "a pod that asks": (application(**POLICY), "shop", True, None, None),
    "a pod without volumes": (edited(application(**POLICY), without_volumes), "shop", True, None,
                              None),
    "a pod with an init container": (edited(application(**POLICY), lambda p: p["spec"].update(
        initContainers=[cases.helper()])), "shop", True, None, None),
    "a pod of no stated user": (edited(application(**POLICY), as_root), "shop", True, None, None),
    "the second container": (edited(application(container="server", **POLICY), two_containers),
                             "shop", True, None, None),
    "a pod with the API server's defaults": (edited(application(**POLICY), manifests.defaulted), "shop",
                                             True, None, None),
    "a pod where nothing is enforced": (application(**POLICY), "injected", True, None, None),
    "an application by tag": (edited(application(**POLICY), cases.main_set(
        image="registry.example.com/server:1")), "shop", True, cases.APP_PIN, None),
    "a pod that does not ask": (application(), "shop", False, cases.NO_GATE, None),
    "a pod without annotations": (edited(application(), lambda p: p["metadata"].pop("annotations")),
                                  "shop", False, cases.NO_GATE, None),
    "a namespace that does not ask": (application(**POLICY), "elsewhere", False, None, None),
    "a container that is none": (application(container="nobody", **POLICY), "shop", False,
                                 cases.NO_GATE, None),
    "a pod that brings its gate": (edited(pod("same-image"), cases.annotated(**POLICY)), "shop",
                                   False, None, None),
    "a second gate's image": (application(**POLICY), "shop", True, None,
                              {"images": f"\n {GATE}\n{cases.OTHER}\n"}),
    "no parameters": (application(**POLICY), "shop", False, cases.NO_PARAMETERS, False),
    "no parameters, nothing enforced": (application(**POLICY), "injected", False,
                                        cases.NO_PARAMETERS, False),
    "no parameters, not asking": (application(), "injected", False, cases.NO_PARAMETERS, False),
    "no parameters, neither": (application(), "elsewhere", False, None, False),
}


def whole(context_of_pod, made):
    """A container with what it inherits from its pod, as one spec."""
    context = {key: value for key, value in (context_of_pod or {}).items()
               if key in ("runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile")}
    return dict(made, securityContext={**context, **made.get("securityContext", {})})


def bare(value):
    """Without what is empty: the API server writes some of that, and drops other."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if item not in ({}, [])}
    return [bare(item) for item in value] if isinstance(value, list) else value


def injection_fault(name, first, second):
    """Why what became of a pod, and of that again, is not what INJECTIONS says; or None."""
    before, _, injected, refused, _ = INJECTIONS[name]
    fault = complaint(cases.Case(name, refused), first)
    if fault:
        return fault
    after = first["object"]
    if (len(after["spec"].get("initContainers", [])) ==
            len(before["spec"].get("initContainers", [])) + 1) != injected:
        return f"init containers: {after['spec'].get('initContainers')}"
    if not injected:
        return None
    if second["object"]["spec"] != after["spec"]:
        return f"a second call changed it to {second['object']['spec']}"
    return manifest_fault(name, before, after)


def manifest_fault(name, before, after):
    """Compares an injected gate with the manifest's."""
    manifest = pod("image-volume")
    wanted, found = gate(manifest), after["spec"]["initContainers"][-1]
    user = ("runAsUser", "runAsGroup", "runAsNonRoot")
    if name == "a pod of no stated user":
        for key in user:
            del wanted["securityContext"][key]
    if whole(manifest["spec"].get("securityContext"), wanted) != \
            whole(before["spec"].get("securityContext"), found):
        return f"the gate is {found}, in the manifest {wanted}"
    image = container(before, "server")["image"]
    volumes = [{"name": "initgate-target", "image": {"reference": image}},
               {"name": "initgate-policy", "configMap": {"name": "server-policy"}}]
    if after["spec"]["volumes"][-2:] != volumes:
        return f"the volumes are {after['spec']['volumes']}"
    if bare(after["spec"]["containers"]) != bare(before["spec"]["containers"]):
        return f"the containers were changed: {after['spec']['containers']}"
    return None


def asked(made, namespace):
    return {"operation": "CREATE", "namespace": namespace, "user": "dev", "mutate": True,
            "object": dict(made, metadata=dict(made["metadata"], namespace=namespace))}


def injection_faults(objects=None):
    """{name: why} of all injections that went wrong."""
    def groups(made):
        return [{"objects": cluster(objects, row[4]), "requests": [asked(made(name), row[1])]}
                for name, row in INJECTIONS.items()]
    first = dict(zip(INJECTIONS, apiserver.admit(groups(lambda name: INJECTIONS[name][0]))))
    again = dict(zip(INJECTIONS, apiserver.admit(groups(lambda name: first[name][0]["object"]))))
    faults = {name: injection_fault(name, first[name][0], again[name][0]) for name in INJECTIONS}
    return {name: fault for name, fault in faults.items() if fault}


def test_injection(tally):
    faults = injection_faults()
    for name in INJECTIONS:
        tally.add(f"injection: {name}", faults.get(name))


# The injected pod, as a real one.

RUNS = {"server": (0, pods.PASS), "server-changed-byte": (1, pods.FAIL.format("binary.sha256")),
        "server-no-loader": (1, pods.FAIL.format("binary.interpreter"))}


def injected(built, server):
    """The application's pod with images of this machine, after admission, and its policy."""
    made = edited(application(**POLICY), cases.main_set(image=pods.by_digest(built[server])))
    group = {"objects": cluster(None, {"images": pods.by_digest(built["initgate"])}),
             "requests": [asked(made, "shop")]}
    outcome = apiserver.admit([group])[0][0]
    fault = complaint(cases.Case("run"), outcome)
    if fault:
        raise AssertionError(fault)
    config = copy.deepcopy(next(d for d in manifests.documents("image-volume")
                                if d["kind"] == "ConfigMap"))
    config["data"]["policy.json"] = config["data"]["policy.json"].replace(
        "f" * 64, images.program_digest())
    return [config, outcome["object"]]


def test_runs(tally, binary):
    built = images.build(binary)
    for server, wanted in RUNS.items():
        try:
            pods.check(built, injected(built, server), *wanted)
        except AssertionError as fault:
            tally.add(f"run {server}", fault)
        else:
            tally.add(f"run {server}")


def test_schemas(tally):
    for found, fault in zip(shipped(), tools.schema_faults(shipped())):
        tally.add(f"schema {found['kind']} {found['metadata']['name']}", fault or None)


# What the bindings do.

def test_actions(tally):
    """Of each of the four policies, in each kind of namespace."""
    running = cases.change("an image changed", "image-volume", cases.main_set(image=cases.OTHER))
    debugged = cases.change("debugged", "image-volume", cases.debugged("new", **cases.PRIVILEGE),
                            **cases.DEBUG)
    requests = {cases.NO_GATE: dict(asked(application(), ""), mutate=False),
                cases.IMAGE_CHANGED: running.request(),
                cases.EPHEMERAL_PRIVILEGED: debugged.request(),
                cases.APPROVE.format("server-policy"):
                    cases.Case("a policy", object=cases.config_map()).request()}
    every = [(namespace, message) for namespace in LABELS for message in requests]
    group = {"objects": cluster(), "requests": [dict(requests[message], namespace=namespace)
                                                for namespace, message in every]}
    for (namespace, message), outcome in zip(every, apiserver.admit([group])[0]):
        found = (message in outcome.get("denied", ""),
                 message in " ".join(outcome.get("warnings") or []),
                 message in " ".join((outcome.get("audit") or {}).values()))
        value = LABELS[namespace].get("initgate.dev/enforce")
        wanted = (value not in (None, "audit", "warn"), value == "warn", value is not None)
        tally.add(f"actions: {namespace}: {message}",
                  None if found == wanted else f"denied, warned, audited: {found}, not {wanted}")


def test_messages(tally):
    """Every message that a person reads ends in what to do."""
    for document in shipped():
        for row, found in enumerate(document["spec"].get("validations", [])
                                    if document["kind"].endswith("Policy") else []):
            text = found.get("message") or found["messageExpression"]
            good = re.search(r"\. To do: .*\.\"?$", text, re.S) and "\n" not in text
            tally.add(f"message {document['metadata']['name']}[{row}]", None if good else text)


def main():
    binary, picked = sys.argv[1], "".join(sys.argv[2:3])
    tally = tap.Tally()
    wanted = cases.all_cases()
    if picked not in ("objects", "mutants"):
        test_cases(tally, [case for case in wanted if picked in f"case {case.name}"])
    if picked in ("", "objects"):
        test_objects(tally)
        test_loose_ends(tally)
    if not picked:
        test_cost(tally)
        test_injection(tally)
        test_actions(tally)
        test_messages(tally)
        test_schemas(tally)
        with engine.alone():
            test_runs(tally, binary)
    if picked in ("", "mutants"):
        test_mutants(tally, wanted)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
