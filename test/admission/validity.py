# SPDX-License-Identifier: Apache-2.0
"""What an API server must accept, the files of deploy/admission; and the same with one thing
broken, which it must refuse: a row for each rule of object validation that the files can break."""
import copy
import re

import yaml

import manifests

NAMES = ["parameters", "mutating", "validating", "bindings"]
POLICY = ("ValidatingAdmissionPolicy", "initgate-pods")
DEBUGGING = ("ValidatingAdmissionPolicy", "initgate-debugging")
POLICIES = ("ValidatingAdmissionPolicy", "initgate-policies")
INJECT = ("MutatingAdmissionPolicy", "initgate-inject")
BINDING = ("ValidatingAdmissionPolicyBinding", "initgate-pods-deny")
CLAIMS_BINDING = ("ValidatingAdmissionPolicyBinding", "initgate-claims-deny")
INJECT_BINDING = ("MutatingAdmissionPolicyBinding", "initgate-inject")
CONFIG = ("ConfigMap", "initgate-admission")
ROLE = ("ClusterRole", "initgate-policy-approver")
NAMESPACE = ("Namespace", "initgate-system")


def texts():
    """Each YAML document as it stands in the files."""
    for name in NAMES:
        whole = (manifests.TOP / f"deploy/admission/{name}.yaml").read_text(encoding="utf-8")
        yield from re.split(r"^---$", whole, flags=re.M)


# Edits of one object: each takes it and changes it.

def steps(path):
    """"spec.variables.0.name" or a tuple, as keys and indexes."""
    return [int(step) if isinstance(step, str) and step.isdigit() else step
            for step in (path.split(".") if isinstance(path, str) else path)]


def put(path, value):
    def edit(found):
        *way, last = steps(path)
        for step in way:
            found = found.setdefault(step, {}) if isinstance(found, dict) else found[step]
        found[last] = value
    return edit


def drop(path):
    def edit(found):
        *way, last = steps(path)
        for step in way:
            found = found[step]
        del found[last]
    return edit


def twice(path):
    """The first item of a list once more."""
    def edit(found):
        for step in steps(path):
            found = found[step]
        found.append(copy.deepcopy(found[0]))
    return edit


def both(*edits):
    def edit(found):
        for one in edits:
            one(found)
    return edit


CONDITION, VARIABLE = "spec.matchConditions.0", "spec.variables.0"
VALIDATION, RULE = "spec.validations.0", "spec.matchConstraints.resourceRules.0"
MUTATION, REF = "spec.mutations.0", "spec.paramRef"
SELECTOR = "spec.matchResources.namespaceSelector"
PATTERN = "name part must consist of alphanumeric characters"
SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of"
LABEL = "a DNS-1035 label must consist of"
IDENTIFIER = "must be a valid CEL identifier"
NOT_JSON_PATCH = "must evaluate to list(JSONPatch) but got"
DEEP = "(" * 260 + "true" + ")" * 260
LONG = "'" + "x" * 100_000 + "' != ''"

# (what is broken, of which object, how, the field, what is said of it).
ROWS = [
    # Names, and what else stands in metadata.
    *[(f"condition named {name[:20]!r}", POLICIES, put(f"{CONDITION}.name", name), "name", said)
      for name, said in (("the pod asks", PATTERN), ("-a", PATTERN), ("a" * 64, "no more than 63"),
                         ("a/b/c", "a valid label key must consist of"), ("", "Required"),
                         ("A b/c", "prefix part"), ("/a", "prefix part must be non-empty"))],
    ("condition without a name", POLICIES, drop(f"{CONDITION}.name"), "name", "Required"),
    ("condition twice", POLICIES, twice("spec.matchConditions"), "name", "Duplicate value"),
    ("65 conditions", POLICIES, put("spec.matchConditions", [
        {"name": f"c{i}", "expression": "true"} for i in range(65)]), "matchConditions",
     "must have at most 64 items"),
    *[(f"variable named {name!r}", POLICY, put(f"{VARIABLE}.name", name), "variables[0].name", said)
      for name, said in (("late-writers", IDENTIFIER), ("1st", IDENTIFIER), ("in", IDENTIFIER),
                         ("namespace", IDENTIFIER), ("a b", IDENTIFIER), ("", "Required"))],
    ("variable twice", POLICY, twice("spec.variables"), "name", "Duplicate value"),
    *[(f"{kind} named {name[:20]!r}", (kind, which), put("metadata.name", name), "metadata.name",
       said) for kind, which in (POLICY, INJECT, BINDING, INJECT_BINDING, CONFIG)
      for name, said in (("Initgate", SUBDOMAIN), ("init gate", SUBDOMAIN), ("a_b", SUBDOMAIN),
                         ("a" * 254, "must be no more than 253"), ("", "name or generateName"),
                         ("gate.static.k8s.io", "reserved"))],
    ("namespace with a long name", NAMESPACE, put("metadata.name", "a" * 64), "metadata.name",
     "must be no more than 63"),
    ("namespace with dots", NAMESPACE, put("metadata.name", "a.b"), "metadata.name",
     "must not contain dots"),
    ("role with a slash", ROLE, put("metadata.name", "a/b"), "metadata.name",
     "may not contain '/'"),
    ("policy in a namespace", POLICY, put("metadata.namespace", "shop"), "metadata.namespace",
     "not allowed on this type"),
    ("binding in a namespace", BINDING, put("metadata.namespace", "shop"), "metadata.namespace",
     "not allowed on this type"),
    ("ConfigMap in none", CONFIG, drop("metadata.namespace"), "metadata.namespace", "Required"),
    ("label with a space", POLICY, put(("metadata", "labels", "a b"), "c"), "metadata.labels",
     PATTERN),
    ("label's value too long", POLICY, put("metadata.labels.a", "a" * 64), "metadata.labels",
     "must be no more than 63"),
    ("annotation with a space", BINDING, put(("metadata", "annotations", "a b"), "c"),
     "metadata.annotations", PATTERN),
    ("annotations too large", POLICY, put("metadata.annotations.a", "a" * 262_145),
     "metadata.annotations", "Too long"),
    # What is strict about decoding.
    *[(f"unknown field {path}", which, put(path, "x"), "", "unknown field")
      for which, path in (
          (POLICY, "spec.failurepolicy"), (POLICY, f"{VALIDATION}.messageExpresion"),
          (POLICY, "spec.matchCondition"), (POLICY, f"{RULE}.resource"),
          (INJECT, "spec.mutation"), (INJECT, f"{MUTATION}.jsonPatch.expresion"),
          (BINDING, f"{REF}.kind"), (BINDING, "spec.validationAction"), (INJECT_BINDING, "spec.matchResource"),
          (CONFIG, "spec"), (ROLE, "rules.0.resource"), (NAMESPACE, "metadata.label"))],
    ("number for a text", POLICY, put(f"{VALIDATION}.message", 3), "", "cannot unmarshal number"),
    ("text for a list", POLICY, put(f"{RULE}.resources", "pods"), "", "cannot unmarshal string"),
    ("list for a text", BINDING, put("spec.policyName", ["a"]), "", "cannot unmarshal array"),
    ("boolean for data", CONFIG, put("data.privileged", True), "", "cannot unmarshal bool"),
    ("unknown version", POLICY, put("apiVersion", "admissionregistration.k8s.io/v2"), "",
     "no kind \"ValidatingAdmissionPolicy\" is registered for version"),
    ("unknown kind", POLICY, put("kind", "ValidatingAdmission"), "", "no kind"),
    ("no kind", POLICY, drop("kind"), "", "Object 'Kind' is missing"),
    # Expressions: present, of their type, within the limits.
    *[(f"{name} of {what}", which, put(f"{path}.expression", text), f"{field}.expression", said)
      for name, which, path, field, of in (
          ("condition", POLICIES, CONDITION, "matchConditions[0]", "bool"),
          ("validation", POLICY, VALIDATION, "validations[0]", "bool"),
          ("variable", POLICY, VARIABLE, "variables[0]", None),
          ("patch", INJECT, f"{MUTATION}.jsonPatch", "jsonPatch", "list(JSONPatch)"))
      for what, text, said in (
          ("nothing", "", "Required"), ("a space", " ", "Required"),
          ("bad syntax", "object.", "Syntax error"),
          ("an unknown name", "objekt.spec == 'x'", "undeclared reference to 'objekt'"),
          ("an unknown function", "object.spec.startWith('x')",
           "undeclared reference to 'startWith'"),
          ("two types", "'a' + 1 == 'b'", "no matching overload for '_+_'"),
          ("a list of two types", "['a', 1] == []", "expected type 'string' but found 'int'"),
          ("a bad pattern", "'a'.matches('(')", "invalid matches argument"),
          ("a bad duration", "duration('x') == duration('1s')", "invalid duration argument"),
          ("100,000 characters", LONG, "code point size exceeds limit: size: 100008"),
          ("260 brackets", DEEP, "recursion limit exceeded: 250"),
          *([("a text", "'yes'", f"must evaluate to {of} but got string"),
             ("what is not known", "object.spec.hostPID", f"must evaluate to {of} but got dyn")]
            if of else []))],
    ("patch of objects", INJECT, put(f"{MUTATION}.jsonPatch.expression", "[Object{}]"), "jsonPatch",
     NOT_JSON_PATCH),
    ("patch of one", INJECT, put(f"{MUTATION}.jsonPatch.expression",
                                 "JSONPatch{op: 'remove', path: '/spec'}"), "jsonPatch",
     NOT_JSON_PATCH),
    ("patch with an unknown field", INJECT, put(f"{MUTATION}.jsonPatch.expression",
                                                "[JSONPatch{operation: 'remove'}]"), "jsonPatch",
     "expected type of field 'operation'"),
    ("condition with variables", POLICIES, put(f"{CONDITION}.expression", "variables.application"),
     "matchConditions[0].expression", "undeclared reference to 'variables'"),
    ("unknown variable", POLICY, put(f"{VALIDATION}.expression", "variables.gone == 1"),
     "validations[0].expression", "undefined field 'gone'"),
    ("variable before its own", POLICY, put(f"{VARIABLE}.expression", "variables.volumes"),
     "variables[0].expression", "undefined field 'volumes'"),
    ("parameters without their kind", POLICY, drop("spec.paramKind"), "expression",
     "undeclared reference to 'params'"),
    ("parameters without their kind, injection", INJECT, drop("spec.paramKind"), "variables[2].expression",
     "undeclared reference to 'params'"),
    ("patch types in a validation", POLICY, put(f"{VALIDATION}.expression", "[JSONPatch{}] == []"),
     "validations[0].expression", "undeclared reference to 'JSONPatch'"),
    *[(f"message of {what}", POLICY, put(f"{VALIDATION}.messageExpression", text),
       "validations[0].messageExpression", said) for what, text, said in (
          ("a number", "1", "must evaluate to string but got int"),
          ("what is not known", "object.metadata.name", "must evaluate to string but got dyn"),
          ("bad syntax", "'a", "Syntax error"), ("a space", " ", "Required"),
          ("the authorizer", "string(authorizer.group('').resource('pods').check('get').allowed())",
           "undeclared reference to 'authorizer'"))],
    ("message of a space", POLICY, put(f"{VALIDATION}.message", " "), "message",
     "must be non-empty if specified"),
    ("message of two lines", POLICY, put(f"{VALIDATION}.message", "a\nb"), "message",
     "must not contain line breaks"),
    # One of several values, and what must be there.
    *[(f"{path} {value!r}", which, put(path, value), path.rsplit(".", maxsplit=1)[-1],
       said or f"Unsupported value: \"{value}\"")
      for which, path, value, said in (
          (POLICY, "spec.failurePolicy", "fail", None),
          (INJECT, "spec.failurePolicy", "Deny", None),
          (POLICY, "spec.matchConstraints.matchPolicy", "Equal", None),
          (BINDING, "spec.matchResources.matchPolicy", "Equal", None),
          (POLICY, f"{RULE}.scope", "Namespace", None),
          (POLICY, f"{VALIDATION}.reason", "Refused", None),
          (INJECT, "spec.reinvocationPolicy", "Always", None),
          (INJECT, f"{MUTATION}.patchType", "MergePatch", None),
          (BINDING, f"{REF}.parameterNotFoundAction", "Refuse", None),
          (POLICY, f"{RULE}.operations", [], "Required"),
          (POLICY, f"{RULE}.operations", ["create"], "Unsupported value: \"create\""),
          (POLICY, f"{RULE}.operations", ["*", "CREATE"], "if '*' is present"),
          (INJECT, f"{RULE}.operations", ["DELETE"], "Unsupported value: \"DELETE\""),
          (INJECT, f"{RULE}.operations", ["*"], "Unsupported value: \"*\""),
          (POLICY, f"{RULE}.apiGroups", [], "Required"),
          (POLICY, f"{RULE}.apiGroups", ["*", ""], "if '*' is present"),
          (POLICY, f"{RULE}.apiVersions", [], "Required"),
          (POLICY, f"{RULE}.apiVersions", ["*", "v1"], "if '*' is present"),
          (POLICY, f"{RULE}.apiVersions", [""], "Required"),
          (POLICY, f"{RULE}.resources", [], "Required"),
          (POLICY, f"{RULE}.resources", [""], "Required"),
          (POLICY, f"{RULE}.resources", ["*", "pods"], "must not specify others"),
          (POLICY, f"{RULE}.resources", ["*/*", "pods"], "must not specify others"),
          (POLICY, f"{RULE}.resources", ["pods/*", "pods/status"], "'pods/*' is present"),
          (POLICY, f"{RULE}.resources", ["*/status", "pods/status"], "'*/status' is present"),
          (POLICY, f"{RULE}.resourceNames", ["a/b"], "may not contain '/'"),
          (POLICY, f"{RULE}.resourceNames", ["a", "a"], "Duplicate value"),
          (POLICY, "spec.matchConstraints.resourceRules", [], "Required"),
          (POLICY, "spec.validations", [], "Required"), (INJECT, "spec.mutations", [], "Required"),
          (POLICY, "spec.auditAnnotations", [{"key": "a", "valueExpression": "'b'"}],
           "not modelled"),
          (POLICY, "spec.paramKind.apiVersion", "", "Required"),
          (POLICY, "spec.paramKind.apiVersion", "a/b/c", LABEL),
          (POLICY, "spec.paramKind.apiVersion", "A b/v1", SUBDOMAIN),
          (POLICY, "spec.paramKind.apiVersion", "a.b/", LABEL),
          (POLICY, "spec.paramKind.kind", "", "Required"),
          (POLICY, "spec.paramKind.kind", "Config Map", LABEL),
          (BINDING, "spec.policyName", "", "Required"),
          (BINDING, "spec.policyName", "Initgate Pods", SUBDOMAIN),
          (INJECT_BINDING, "spec.policyName", "", "Required"),
          (BINDING, "spec.validationActions", [], "Required"),
          (BINDING, "spec.validationActions", ["Refuse"], "Unsupported value: \"Refuse\""),
          (BINDING, "spec.validationActions", ["Audit", "Audit"], "Duplicate value"),
          (BINDING, "spec.validationActions", ["Deny", "Warn"], "both Deny and Warn"),
          (BINDING, f"{REF}.name", "a/b", "may not contain '/'"),
          (BINDING, SELECTOR, {"matchLabels": {"a b": "c"}}, PATTERN),
          (BINDING, SELECTOR, {"matchLabels": {"a": "b c"}}, "a valid label must be"),
          (BINDING, SELECTOR, {"matchExpressions": [{"key": "a", "operator": "Is"}]},
           "not a valid selector operator"),
          (BINDING, SELECTOR, {"matchExpressions": [{"key": "a", "operator": "In"}]},
           "must be specified when `operator` is 'In' or 'NotIn'"),
          (BINDING, SELECTOR, {"matchExpressions": [
              {"key": "a", "operator": "Exists", "values": ["b"]}]},
           "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          (INJECT_BINDING, "spec.matchResources.resourceRules", [{
              "apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"],
              "resources": ["pods"]}], "Unsupported value: \"DELETE\""),
          (CONFIG, ("data", "a b"), "c", "a valid config key must consist of"),
          (CONFIG, "binaryData.images", "eA==", "Duplicate value"),
          (ROLE, "rules.0.verbs", [], "Required"), (ROLE, "rules.0.apiGroups", [], "Required"),
          (ROLE, "rules.0.resources", [], "Required"),
          (ROLE, "rules.0.nonResourceURLs", ["/x"], "not together with resources"))
      for path in ([path] if isinstance(path, str) else [".".join(path)])],
    ("ConfigMap too large", CONFIG, put("data.images", "a" * 1_048_577), "data", "Too long"),
    *[(f"no {path}", which, drop(path), path.rsplit(".", maxsplit=1)[-1], "Required")
      for which, path in (
          (POLICY, "spec.matchConstraints"), (POLICY, "spec.validations"),
          (POLICY, f"{VALIDATION}.expression"), (POLICY, f"{VARIABLE}.expression"),
          (POLICY, f"{RULE}.resources"), (POLICY, f"{RULE}.operations"),
          (INJECT, "spec.reinvocationPolicy"), (INJECT, "spec.mutations"),
          (INJECT, f"{MUTATION}.patchType"), (INJECT, f"{MUTATION}.jsonPatch"),
          (BINDING, "spec.policyName"), (BINDING, "spec.validationActions"),
          (BINDING, f"{REF}.parameterNotFoundAction"),
          (INJECT_BINDING, f"{REF}.parameterNotFoundAction"))],
    # What excludes each other.
    ("parameters without a name", BINDING, drop(f"{REF}.name"), "paramRef",
     "one of name and selector"),
    ("parameters by name and selector", BINDING, put(f"{REF}.selector", {}), "paramRef",
     "one of name and selector"),
    ("parameters by a bad selector", BINDING, both(drop(f"{REF}.name"), put(
        f"{REF}.selector", {"matchLabels": {"a b": "c"}})), "paramRef.selector", PATTERN),
    ("both kinds of patch", INJECT, put(f"{MUTATION}.applyConfiguration", {
        "expression": "Object{}"}), "applyConfiguration", "not of this patchType"),
    ("the other kind of patch", INJECT, put(f"{MUTATION}.patchType", "ApplyConfiguration"),
     "applyConfiguration", "Required"),
    ("another patch of a text", INJECT, put("spec.mutations", [{
        "patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "'a'"}}]),
     "applyConfiguration.expression", "must evaluate to Object but got string"),
    # What the type checker warns of.
    *[(f"warning: {what}", POLICY, put(f"{VALIDATION}.{part}", text),
       f"warning: spec.validations[0].{part}", said) for what, part, text, said in (
           ("unknown field", "expression", "object.spec.container == null",
            "undefined field 'container'"),
           ("text for a number", "expression", "object.spec.hostPID == 'a'",
            "no matching overload for '_==_'"),
           ("two kinds of containers", "expression",
            "(object.spec.containers + object.spec.initContainers).size() > 0",
            "no matching overload for '_+_'"),
           ("unknown field of the old object", "expression", "oldObject.metadata.nam == null",
            "undefined field 'nam'"),
           ("unknown field of the parameters", "expression", "params.dat == null",
            "undefined field 'dat'"),
           ("unknown field in a message", "messageExpression", "string(object.spec.hostPid)",
            "undefined field 'hostPid'"))],
    ("warning: unknown field, of a subresource", DEBUGGING,
     put(f"{VALIDATION}.expression", "object.spec.container == null"),
     "warning: spec.validations[0].expression", "undefined field 'container'"),
    ("warning: unknown field of a ConfigMap", POLICIES,
     put(f"{VALIDATION}.expression", "object.dat == null"),
     "warning: spec.validations[0].expression", "undefined field 'dat'"),
]


def replaced(old, new, found):
    if found.count(old) != 1:
        raise AssertionError(f"{old!r} stands {found.count(old)} times in {found}")
    return found.replace(old, new)


# (what is broken, of which object, the text, what stands there instead, what is said).
TEXTS = [
    ("key twice", POLICY, "  failurePolicy: Fail\n", "  failurePolicy: Fail\n" * 2,
     "key \"failurePolicy\" already set"),
    ("tab", POLICY, "  failurePolicy: Fail\n", "\tfailurePolicy: Fail\n",
     "found character that cannot start any token"),
]


def broken(shipped):
    """(name, YAML document, the field, what must be said of it), for each row."""
    def named(found):
        return found["kind"], found["metadata"]["name"]

    objects = {named(found): found for found in shipped}
    written = {named(yaml.safe_load(text)): text for text in texts()}
    for name, which, edit, field, said in ROWS:
        made = copy.deepcopy(objects[which])
        edit(made)
        yield name, yaml.safe_dump(made), field, said
    for name, which, old, new, said in TEXTS:
        yield name, replaced(old, new, written[which]), "", said


# What objects say of each other.

def loose_ends(objects):
    """Faults, unless each binding's policy exists and has parameters where the binding does, each
    policy has a binding and leaves deletion alone, the parameters are those that are shipped, and
    no name stands twice."""
    faults = []

    def named(kind):
        return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}

    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
             for one in objects]
    faults += [f"{name} twice" for name in names if names.count(name) > 1]
    for kind in ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"):
        policies, bound = named(kind), set()
        for name, binding in named(f"{kind}Binding").items():
            spec = binding["spec"]
            bound.add(spec["policyName"])
            policy = policies.get(spec["policyName"])
            if not policy:
                faults.append(f"{name}: no policy {spec['policyName']}")
                continue
            ref = spec.get("paramRef")
            if bool(ref) != ("paramKind" in policy["spec"]):
                faults.append(f"{name}: parameters in the binding or in its policy only")
            elif ref and policy["spec"]["paramKind"]["kind"] != "ConfigMap":
                if ref.get("selector") != {} or ref["parameterNotFoundAction"] != "Allow":
                    faults.append(f"{name}: not all parameters: {ref}")
            elif ref and ("ConfigMap", ref.get("namespace"), ref.get("name")) not in names:
                faults.append(f"{name}: no parameters {ref}")
        faults += [f"{name}: no binding" for name in policies if name not in bound]
        # An API server gives these no object: the policies' expressions would fail, and refuse.
        faults += [f"{name}: judges deletion" for name, policy in policies.items()
                   for rule in policy["spec"]["matchConstraints"]["resourceRules"]
                   if not {"*", "DELETE"}.isdisjoint(rule["operations"])]
    return faults


UNTIED = [
    ("unknown policy", BINDING, put("spec.policyName", "initgate-pod"), "no policy initgate-pod"),
    ("judged deletion", POLICY, put(f"{RULE}.operations", ["CREATE", "DELETE"]), "judges deletion"),
    ("all that is judged", POLICIES, put(f"{RULE}.operations", ["*"]), "judges deletion"),
    ("policy without a binding", INJECT_BINDING, put("spec.policyName", "x"), "no binding"),
    ("parameters in the binding only", POLICY, drop("spec.paramKind"), "in its policy only"),
    ("parameters in the policy only", BINDING, drop("spec.paramRef"), "in its policy only"),
    ("unknown parameters", BINDING, put(f"{REF}.name", "initgate"), "no parameters"),
    ("parameters of another namespace", BINDING, put(f"{REF}.namespace", "shop"), "no parameters"),
    ("parameters of no namespace", BINDING, drop(f"{REF}.namespace"), "no parameters"),
    ("some parameters", CLAIMS_BINDING, put(f"{REF}.selector", {"matchLabels": {"a": "b"}}),
     "not all parameters"),
    ("parameters that must be there", CLAIMS_BINDING, put(f"{REF}.parameterNotFoundAction", "Deny"),
     "not all parameters"),
    ("a name twice", BINDING, put("metadata.name", "initgate-pods-warn"), "twice"),
]


def untied(shipped):
    """(name, objects, the fault), for each row."""
    for name, which, edit, said in UNTIED:
        made = copy.deepcopy(shipped)
        edit(next(one for one in made if (one["kind"], one["metadata"]["name"]) == which))
        yield name, made, said
