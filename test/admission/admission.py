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

import apiserver
import bypasses
import cases
import manifests
from manifests import APPLICATION, GATE, TOP, container, gate, pod
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


def cluster(objects=None, parameters=None, claims=()):
    """What the API server holds: the shipped objects, or `objects`, claims, and the namespaces."""
    held = copy.deepcopy(objects or shipped())
    for one in list(held):
        if one["kind"] == "ConfigMap" and parameters is not None:
            if parameters is False:
                held.remove(one)
            else:
                one["data"] = parameters
    return held + list(claims) + [{"apiVersion": "v1", "kind": "Namespace",
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
    """Cases that share their parameters and claims share an API server."""
    by_parameters = {}
    for case in wanted:
        by_parameters.setdefault(repr((case.parameters, case.claims)), []).append(case)
    return [({"objects": cluster(objects, rows[0].parameters, rows[0].claims),
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

def ends(text):
    """Where an expression's operands and a call's arguments end: (position, depth, mark) of each
    &&, ||, ?, :, comma and bracket outside of its texts; an operator's second letter too."""
    depth, quote = 0, ""
    for at, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote = mark
        elif mark in "([{":
            yield at, depth, mark
            depth += 1
        elif mark in ")]}":
            depth -= 1
            yield at, depth, mark
        elif text[at:at + 2] in ("&&", "||", "? "):
            yield at, depth, text[at:at + 2].strip()
        elif mark in ":,":
            yield at, depth, mark


def conditions(text):
    """(start, end, what to put there) of each operand of && and ||, and of each condition of a list's
    macro that has no operands."""
    marks = list(ends(text))
    for row, (at, depth, mark) in enumerate(marks):
        if mark in ("&&", "||"):
            neutral = "true" if mark == "&&" else "false"
            before = [found for found in marks[:row] if found[1] == depth and found[2] not in ")]}"
                      or found[1] == depth - 1 and found[2] in "([{"]
            after = [found for found in marks[row + 1:] if found[1] == depth and found[2] not in "([{)]}"
                     or found[1] == depth - 1 and found[2] in ")]}"]
            # Brackets of this depth belong to the operand itself.
            before = [found for found in before if found[1] == depth - 1
                      or found[2] not in ("(", "[", "{")]
            start = before[-1][0] + len(before[-1][2]) if before else 0
            yield start, at, neutral
            yield at + 2, after[0][0] if after else len(text), neutral
    for found in re.finditer(r"[.](filter|exists|all|map)\(\w+, ", text):
        depth = next(d for at, d, mark in marks if at == text.index("(", found.start()))
        after = [at for at, d, mark in marks if at >= found.end()
                 and (d == depth + 1 and mark == "," or d == depth and mark in ")]}")]
        has_operands = any(found.end() <= at < after[0] and d == depth + 1 and mark in ("&&", "||")
                           for at, d, mark in marks)
        if not has_operands and (found[1] != "map" or text[after[0]] == ","):
            yield from ((found.end(), after[0], value) for value in ("true", "false"))


def broken(expression):
    """(how, text): the expression made true, turned round, and with each condition in it decided."""
    yield "dropped", "true"
    yield "reversed", f"!({expression})"
    for start, end, value in sorted(set(conditions(expression))):
        operand = expression[start:end].strip()
        yield (f"{value} for {operand}",
               f"{expression[:start]} {value} {expression[end:]}")


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


def says(policy, refused):
    """Is it this policy that refuses so?"""
    if refused == cases.NO_PARAMETERS:
        return policy["spec"].get("paramKind", {}).get("kind") == "ConfigMap"
    return any(message.startswith(refused) or refused.startswith(message)
               for message in map(said, policy["spec"]["validations"]))


def concerned(policy, wanted):
    """The cases that a validating policy matches, and no other one refuses."""
    if policy["kind"] != "ValidatingAdmissionPolicy":
        return []
    rules = policy["spec"]["matchConstraints"]["resourceRules"]
    matched = {(operation, resource) for rule in rules for operation in rule["operations"]
               for resource in rule["resources"]}
    return [case for case in wanted if case.matched_as() in matched
            and (not case.refused or says(policy, case.refused))]


def alone(objects, policy):
    """The objects without other policies, which take an API server time to compile."""
    name = policy["metadata"]["name"]
    return [one for one in objects if "Policy" not in one["kind"]
            or name in (one["metadata"]["name"], one["spec"].get("policyName"))]


def portions(wanted, message):
    """The cases, those first that most likely notice: what the message refuses, a few of each kind,
    and all others by what they share an API server with."""
    first = [case for case in wanted if message and case.refused and (
        message.startswith(case.refused) or case.refused.startswith(message))]
    plain = [case for case in wanted if case.parameters is None and not case.claims]
    chosen = {(case.refused, case.name.split(":")[0], case.namespace): case for case in plain}
    yield first
    yield list(chosen.values())
    shared = {}
    for case in wanted:
        shared.setdefault(repr((case.parameters, case.claims)), []).append(case)
    for rows in sorted(shared.values(), key=len, reverse=True):
        for start in range(0, len(rows), 300):
            yield rows[start:start + 300]


def noticed(tried):
    """The keys of {key: (cases, objects)} of which some case comes out otherwise."""
    groups = [(key, *group) for key, (wanted, objects) in tried.items()
              for group in groups_of(wanted, objects)]
    answers = apiserver.admit([group for _, group, _ in groups])
    return {key for (key, _, rows), outcomes in zip(groups, answers)
            for case, outcome in zip(rows, outcomes) if complaint(case, outcome)}


def unnoticed(every, wanted):
    """The keys of {key: (policy, message, objects)} of which no case comes out otherwise."""
    left = {key: (portions(concerned(policy, wanted), message), alone(objects, policy))
            for key, (policy, message, objects) in every.items()}
    waiting = dict(left)
    while waiting:
        tried = {key: (next(more, None), objects) for key, (more, objects) in waiting.items()}
        tried = {key: row for key, row in tried.items() if row[0] is not None}
        found = noticed(tried)
        left = {key: row for key, row in left.items() if key not in found}
        waiting = {key: left[key] for key in tried if key in left}
    return set(left)


def test_mutants(tally, wanted):
    every = list(mutants())
    validating = {key: row[1:] for key, row in enumerate(every)
                  if row[1]["kind"] == "ValidatingAdmissionPolicy"}
    left = unnoticed(validating, wanted)
    for key, (_, policy, _, objects) in enumerate(every):
        seen = alone(objects, policy)
        if key not in validating and not (words_faults(seen, False)
                                          or injection_faults(seen, False)):
            left.add(key)
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


def hidden(made):
    """A volume over the program."""
    made["spec"]["volumes"].append({"name": "x", "emptyDir": {}})
    container(made, "server")["volumeMounts"].append(manifests.mount("x", "/app"))


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
                             "shop", True, None, {"images": GATE, "ungated": cases.OTHER}),
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
                                 cases.NO_CONTAINER, None),
    "a pod that brings its gate": (edited(pod("same-image"), cases.annotated(**POLICY)), "shop",
                                   False, cases.INSIDE, None),
    "a second gate's image": (application(**POLICY), "shop", True, None,
                              {"images": f"\n {GATE}\n{cases.OTHER}\n"}),
    "no parameters": (application(**POLICY), "shop", False, cases.NO_PARAMETERS, False),
    "no parameters, nothing enforced": (application(**POLICY), "injected", False,
                                        cases.NO_PARAMETERS, False),
    "no parameters, not asking": (application(), "injected", False, cases.NO_PARAMETERS, False),
    "no parameters, neither": (application(), "elsewhere", False, None, False),
    "another volume over the program": (edited(application(**POLICY), hidden), "shop", True, None,
                                        None),
    "a container without mounts": (edited(application(**POLICY), lambda p: container(
        p, "server").pop("volumeMounts")), "shop", True, None, None),
}
WORDS = ["verify", "--root", "/target", "--policy", "/etc/initgate/policy.json"]
TMP, HIDES, TOKENS = (manifests.MOUNT + path for path in ("/tmp", "/app", manifests.TOKEN))
FOREIGN = {"name": "gate", "image": cases.OTHER, "args": ["verify", "me"]}


def second_hidden(made):
    """A volume over the second container's program."""
    made["spec"]["volumes"].append({"name": "x", "emptyDir": {}})
    made["spec"]["containers"][1]["volumeMounts"].append(manifests.mount("x", "/app"))


def by_name(*names):
    """Asks for gates of these containers by their names."""
    return lambda p: p["metadata"]["annotations"].update(
        {f"policy.initgate.dev/{name}": f"{name}-policy" for name in names})


def without_list(made):
    """A gate that names no mounts, as its author wrote it."""
    one = gate(made)
    key = "command" if "command" in one else "args"
    one[key] = [word for word in one[key] if not word.startswith(manifests.MOUNT)]


def plain(pattern, *edits):
    return edited(pod(pattern), *edits)


# name: (the pod, its init containers' names and words after the injection, how it is refused, the parameters)
WORDED = {
    "a gate by its container's name": (
        edited(application(), by_name("server")), {"gate-server": [*WORDS, TMP]}, None, None),
    "two gates by their containers' names": (
        edited(application(), bypasses.two, by_name("server", "worker")),
        {"gate-server": [*WORDS, TMP], "gate-worker": [*WORDS, TMP]}, None, None),
    "a gate for the first, and one by its container's name": (
        edited(application(**POLICY), bypasses.two, by_name("worker")),
        {"gate": [*WORDS, TMP], "gate-worker": [*WORDS, TMP]}, None, None),
    "one gate for two": (
        edited(application(container="server, worker", **POLICY), bypasses.two),
        {"gate": [*WORDS, TMP]}, None, None),
    "a gate for one of two": (
        edited(application(**POLICY), bypasses.two), {"gate": [*WORDS, TMP]},
        cases.NO_GATE.replace("server", "worker"), None),
    "a container by a name that is none": (
        edited(application(), by_name("nobody")), {}, cases.NO_GATE, None),
    # A second call, after a webhook.
    "a mount added since": (plain("image-volume", hidden), {"gate": [*WORDS, TMP, HIDES]}, None, None),
    "a mount removed since": (plain("image-volume", lambda p: container(p, "server").pop(
        "volumeMounts")), {"gate": WORDS}, None, None),
    "the token added since": (plain("image-volume", manifests.defaulted),
                              {"gate": [*WORDS, TMP]}, None, None),
    "a token of the pod's author": (
        plain("image-volume", lambda p: p["spec"]["volumes"].append(
            {"name": "t", "emptyDir": {}}), cases.main_mounts(manifests.mount("t", manifests.TOKEN))),
        {"gate": [*WORDS, TMP, TOKENS]}, None, None),
    "a part of a token": (
        plain("image-volume", lambda p: p["spec"]["volumes"].append(
            dict(bypasses.API_TOKEN, name="t")), cases.main_mounts(
                manifests.mount("t", manifests.TOKEN, subPath="s"))),
        {"gate": [*WORDS, TMP, TOKENS]}, None, None),
    "a token elsewhere": (
        plain("image-volume", lambda p: p["spec"]["volumes"].append(
            dict(bypasses.API_TOKEN, name="t")), cases.main_mounts(manifests.mount("t", "/app"))),
        {"gate": [*WORDS, TMP, HIDES]}, None, None),
    **{f"a token's volume that holds more: {kind}": (
        plain("image-volume", cases.volumes(dict(source, name="t")),
              cases.main_mounts(manifests.mount("t", manifests.TOKEN))),
        {"gate": [*WORDS, TMP, TOKENS]}, None, None)
       for kind, source in bypasses.NOT_TOKENS.items() if "projected" in source},
    "OpenShift's token": (
        plain("image-volume", cases.volumes(dict(bypasses.OPENSHIFT, name="t")),
              cases.main_mounts(manifests.mount("t", manifests.TOKEN))),
        {"gate": [*WORDS, TMP]}, None, None),
    "a gate that names none": (plain("image-volume", without_list), {"gate": [*WORDS, TMP]}, None, None),
    "a gate that names none, on a volume": (
        plain("shared-volume", without_list), {
            "gate": [*cases.WORDS, HIDES, TMP]}, None, None),
    "a gate that names none, in the image": (
        plain("same-image-with-image-volume", without_list),
        {"gate": ["/gate/initgate", *cases.WORDS, TMP]}, cases.INSIDE, None),
    "a gate by name that names none": (
        plain("image-volume", without_list, lambda p: gate(p).update(name="gate-server")),
        {"gate-server": [*WORDS, TMP]}, None, None),
    "a gate with more words": (
        plain("image-volume", lambda p: gate(p)["args"].append("--quiet")),
        {"gate": [*WORDS, "--quiet", TMP]}, cases.COMMAND, None),
    "a gate by its container's name, behind another init container": (
        edited(application(), by_name("server"), lambda p: p["spec"].update(
            initContainers=[{"name": "first", "image": cases.OTHER}])),
        {"first": None, "gate-server": [*WORDS, TMP]}, None, None),
    "the gate of the second container": (
        plain("image-volume", bypasses.two, cases.annotated(container="worker"), hidden),
        {"gate": [*WORDS, TMP]}, None, {"images": GATE, "ungated": APPLICATION}),
    "two gates, the second one stale": (
        plain("image-volume", bypasses.two, bypasses.second_gate(), second_hidden),
        {"gate": [*WORDS, TMP], "gate-worker": [*WORDS, TMP, HIDES]}, None, None),
    # What is not a gate is left alone.
    "another init container in the gate's image": (
        plain("image-volume", lambda p: p["spec"]["initContainers"].append(
            {"name": "first", "image": GATE, "args": ["verify", "me"]})),
        {"gate": [*WORDS, TMP], "first": ["verify", "me"]}, None, None),
    "a gate of a container that is none": (
        plain("image-volume", without_list, cases.annotated(container="nobody")),
        {"gate": WORDS}, cases.NO_CONTAINER, None),
    "a foreign container named gate": (
        edited(application(), lambda p: p["spec"].update(initContainers=[dict(FOREIGN)])),
        {"gate": ["verify", "me"]}, cases.FOREIGN, None),
    "a foreign container named gate, and parameters without a digest": (
        edited(application(), lambda p: p["spec"].update(initContainers=[dict(FOREIGN)])),
        {"gate": ["verify", "me"]}, cases.PARAMETERS,
        {"images": f"{GATE}\nregistry.example.com/initgate:1"}),
    "a gate that comes by its container's name": (
        edited(application(), by_name("server"), lambda p: p["spec"].update(initContainers=[
            dict(FOREIGN, name="gate-server")])), {"gate-server": ["verify", "me"]},
        cases.FOREIGN, None),
    "a gate that does something else": (
        plain("image-volume", lambda p: gate(p).update(args=["version"])), {"gate": ["version"]},
        cases.COMMAND, None),
    "a gate of no container": (
        plain("image-volume", lambda p: p["spec"]["initContainers"].append(
            dict(copy.deepcopy(gate(p)), name="gate-x", args=["verify"]))),
        {"gate": [*WORDS, TMP], "gate-x": ["verify"]}, None, None),
}


def admitted_all(objects, rows):
    """{name: outcome} of {name: (pod, namespace, parameters)}. Those that share their parameters
    share an API server."""
    shared = {}
    for name, (_, _, parameters) in rows.items():
        shared.setdefault(repr(parameters), []).append(name)
    answers = apiserver.admit([{"objects": cluster(objects, rows[names[0]][2]),
                                "requests": [asked(*rows[name][:2]) for name in names]}
                               for names in shared.values()])
    return {name: outcome for names, outcomes in zip(shared.values(), answers)
            for name, outcome in zip(names, outcomes)}


def words_faults(objects=None, judged=True):
    """{name: why} of all gates that do not say what WORDED asks; judged as above."""
    def admitted(pod_of):
        return admitted_all(objects, {name: (pod_of(name), "shop", row[3])
                                      for name, row in WORDED.items()})

    first = admitted(lambda name: WORDED[name][0])
    second = admitted(lambda name: first[name]["object"])
    faults = {}
    for name, (_, wanted, refused, _) in WORDED.items():
        spec = first[name]["object"]["spec"]
        found = {one["name"]: one.get("command", one.get("args"))
                 for one in spec.get("initContainers", []) if one["name"] != "deliver"}
        if found != wanted:
            faults[name] = f"the words are {found}, not {wanted}"
        elif second[name]["object"]["spec"] != spec:
            faults[name] = f"a second call changed it to {second[name]['object']['spec']}"
        elif fault := (complaint(cases.Case(name, refused), first[name]) if judged
                       else first[name].get("error")):
            faults[name] = fault
    return faults


def test_words(tally):
    faults = words_faults()
    for name in WORDED:
        tally.add(f"words: {name}", faults.get(name))


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


def injection_fault(name, first, second, judged):
    """Why what became of a pod, and of that again, is not what INJECTIONS says; or None."""
    before, _, injected, refused, _ = INJECTIONS[name]
    fault = complaint(cases.Case(name, refused), first) if judged else first.get("error")
    if fault and (judged or refused != cases.NO_PARAMETERS):
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
    server = copy.deepcopy(container(before, "server"))
    server["volumeMounts"] = [one for one in server.get("volumeMounts", [])
                              if one["mountPath"] != manifests.TOKEN]
    manifest["spec"]["containers"] = [server]
    manifests.list_mounts(manifest)
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


def injection_faults(objects=None, judged=True):
    """{name: why} of all injections that went wrong; judged: also whether the pod is refused then."""
    def admitted(pod_of):
        return admitted_all(objects, {name: (pod_of(name), row[1], row[4])
                                      for name, row in INJECTIONS.items()})

    first = admitted(lambda name: INJECTIONS[name][0])
    again = admitted(lambda name: first[name]["object"])
    faults = {name: injection_fault(name, first[name], again[name], judged)
              for name in INJECTIONS}
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
    wanted = [*cases.all_cases(), *bypasses.all_cases()]
    if picked not in ("objects", "mutants"):
        test_cases(tally, [case for case in wanted if picked in f"case {case.name}"])
    if picked in ("", "objects"):
        test_objects(tally)
        test_loose_ends(tally)
    if not picked:
        test_cost(tally)
        test_injection(tally)
        test_words(tally)
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
