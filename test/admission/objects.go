// SPDX-License-Identifier: Apache-2.0

// What an API server says of a policy, a binding or another object of deploy/admission before it
// stores it, and what the controller manager's type checker says of a policy afterwards.
//
// Kubernetes' own: strict decoding; metadata, names, labels and selectors (k8s.io/apimachinery); the
// compilers of every kind of expression, with their types and limits, in the environment of
// expressions that are new, and the type checker (k8s.io/apiserver).
//
// Debian has no package of k8s.io/kubernetes. So these are modelled on its files of release 1.36:
// which field is required, and which of those functions it is held to, on
// pkg/apis/admissionregistration/validation/validation.go; the defaults on
// pkg/apis/admissionregistration/v1/defaults.go and zz_generated.defaults.go; ConfigMaps and
// Namespaces on pkg/apis/core/validation/validation.go; ClusterRoles on
// pkg/apis/rbac/validation/validation.go. What is not modelled, such as audit annotations, is
// refused.
package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"initgate/schemas"

	admission "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/manifest"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/openapi/resolver"
	"k8s.io/client-go/kubernetes/scheme"
)

var (
	strict        = serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	environments  = environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	conditions    = plugincel.NewCompiler(environments) // those have no variables
	celIdentifier = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)
	celReserved   = strings.Fields(`true false null in as break const continue else for function if import
		let loop package namespace return var void while`)
)

const largestConfigMap = 1024 * 1024

// The faults of one object, each with the path of its field.
type judge struct{ faults field.ErrorList }

func (j *judge) add(faults ...*field.Error) { j.faults = append(j.faults, faults...) }

func (j *judge) invalid(path *field.Path, value any, messages ...string) {
	for _, message := range messages {
		j.add(field.Invalid(path, value, message))
	}
}

// Whether there is something to judge further.
func (j *judge) required(path *field.Path, present bool) bool {
	if !present {
		j.add(field.Required(path, ""))
	}
	return present
}

func oneOf[T ~string](j *judge, path *field.Path, value T, allowed ...T) {
	if value == "" {
		j.add(field.Required(path, ""))
	} else if !slices.Contains(allowed, value) {
		j.add(field.NotSupported(path, value, allowed))
	}
}

func unique[T comparable](j *judge, path *field.Path, values []T, name string) {
	for i, value := range values {
		if slices.Contains(values[:i], value) {
			at := path.Index(i)
			if name != "" {
				at = at.Child(name)
			}
			j.add(field.Duplicate(at, value))
		}
	}
}

// "*" stands alone.
func wildcard[T ~string](j *judge, path *field.Path, values []T) {
	if len(values) > 1 && slices.Contains(values, "*") {
		j.invalid(path, values, "if '*' is present, must not specify others")
	}
}

func (j *judge) meta(object *metav1.ObjectMeta, namespaced bool, name validation.ValidateNameFunc) {
	j.add(validation.ValidateObjectMeta(object, namespaced, name, field.NewPath("metadata"))...)
	if strings.HasSuffix(object.Name, manifest.StaticConfigSuffix) {
		j.invalid(field.NewPath("metadata", "name"), object.Name, "reserved for static manifests")
	}
}

func (j *judge) selector(path *field.Path, selector *metav1.LabelSelector) {
	if j.required(path, selector != nil) {
		options := metavalidation.LabelSelectorValidationOptions{}
		j.add(metavalidation.ValidateLabelSelector(selector, options, path)...)
	}
}

// What a policy may do with a request's operation.
var (
	mutable = []admission.OperationType{admission.Create, admission.Update}
	judged  = append([]admission.OperationType{admission.OperationAll, admission.Delete,
		admission.Connect}, mutable...)
)

func (j *judge) match(path *field.Path, match *admission.MatchResources,
	operations []admission.OperationType) {
	oneOf(j, path.Child("matchPolicy"), value(match.MatchPolicy),
		admission.Exact, admission.Equivalent)
	j.selector(path.Child("namespaceSelector"), match.NamespaceSelector)
	j.selector(path.Child("objectSelector"), match.ObjectSelector)
	for i, rule := range match.ResourceRules {
		j.rule(path.Child("resourceRules").Index(i), rule, operations)
	}
	for i, rule := range match.ExcludeResourceRules {
		j.rule(path.Child("excludeResourceRules").Index(i), rule, judged)
	}
}

func value[T any](pointer *T) (found T) {
	if pointer != nil {
		found = *pointer
	}
	return found
}

func (j *judge) rule(path *field.Path, rule admission.NamedRuleWithOperations,
	operations []admission.OperationType) {
	for i, name := range rule.ResourceNames {
		j.invalid(path.Child("resourceNames").Index(i), name, content.IsPathSegmentName(name)...)
	}
	unique(j, path.Child("resourceNames"), rule.ResourceNames, "")
	j.required(path.Child("operations"), len(rule.Operations) > 0)
	wildcard(j, path.Child("operations"), rule.Operations)
	for i, operation := range rule.Operations {
		oneOf(j, path.Child("operations").Index(i), operation, operations...)
	}
	j.required(path.Child("apiGroups"), len(rule.APIGroups) > 0) // "" is one
	wildcard(j, path.Child("apiGroups"), rule.APIGroups)
	j.required(path.Child("apiVersions"), len(rule.APIVersions) > 0)
	wildcard(j, path.Child("apiVersions"), rule.APIVersions)
	for i, version := range rule.APIVersions {
		j.required(path.Child("apiVersions").Index(i), version != "")
	}
	j.resources(path.Child("resources"), rule.Resources)
	oneOf(j, path.Child("scope"), value(rule.Scope),
		admission.ClusterScope, admission.NamespacedScope, admission.AllScopes)
}

func (j *judge) resources(path *field.Path, resources []string) {
	j.required(path, len(resources) > 0)
	for i, resource := range resources {
		if !j.required(path.Index(i), resource != "") {
			continue
		}
		whole, part, found := strings.Cut(resource, "/")
		for _, before := range resources[:i] {
			if found && (before == whole+"/*" || before == "*/"+part) {
				j.invalid(path.Index(i), resource, "'"+before+"' is present")
			}
		}
	}
	plain := func(resource string) bool { return resource != "*" && !strings.Contains(resource, "/") }
	if len(resources) > 1 && slices.Contains(resources, "*/*") ||
		slices.Contains(resources, "*") && slices.ContainsFunc(resources, plain) {
		j.invalid(path, resources, "if '*/*' or '*' is present, must not specify others")
	}
}

func (j *judge) paramKind(kind *admission.ParamKind) {
	if kind == nil {
		return
	}
	path := field.NewPath("spec", "paramKind")
	if at := path.Child("apiVersion"); j.required(at, kind.APIVersion != "") {
		group, version, found := strings.Cut(kind.APIVersion, "/")
		if !found {
			group, version = "", group
		}
		if group != "" {
			j.invalid(at, group, utilvalidation.IsDNS1123Subdomain(group)...)
		}
		j.invalid(at, version, utilvalidation.IsDNS1035Label(version)...)
	}
	if at := path.Child("kind"); j.required(at, kind.Kind != "") {
		j.invalid(at, kind.Kind, utilvalidation.IsDNS1035Label(strings.ToLower(kind.Kind))...)
	}
}

func (j *judge) paramRef(path *field.Path, ref *admission.ParamRef) {
	if ref == nil {
		return
	}
	if ref.Name != "" {
		j.invalid(path.Child("name"), ref.Name, content.IsPathSegmentName(ref.Name)...)
	}
	if ref.Selector != nil {
		j.selector(path.Child("selector"), ref.Selector)
	}
	if (ref.Name != "") == (ref.Selector != nil) {
		j.invalid(path, ref.Name, "one of name and selector must be specified, and not both")
	}
	oneOf(j, path.Child("parameterNotFoundAction"), value(ref.ParameterNotFoundAction),
		admission.AllowAction, admission.DenyAction)
}

// An expression that is `present` must compile to its type, within the limits of the compiler.
func (j *judge) compiled(path *field.Path, expression string, compile func() *cel.Error) {
	if !j.required(path, strings.TrimSpace(expression) != "") {
		return
	}
	if err := compile(); err != nil {
		j.invalid(path, "", err.Error())
	}
}

func (j *judge) matchConditions(path *field.Path, found []admission.MatchCondition, params bool) {
	options := plugincel.OptionalVariableDeclarations{HasParams: params, HasAuthorizer: true}
	if len(found) > 64 {
		j.add(field.TooMany(path, len(found), 64))
	}
	var names []string
	for i, condition := range found {
		name := path.Index(i).Child("name")
		if j.required(name, condition.Name != "") {
			j.invalid(name, condition.Name, utilvalidation.IsQualifiedName(condition.Name)...)
		}
		names = append(names, condition.Name)
		j.compiled(path.Index(i).Child("expression"), condition.Expression, func() *cel.Error {
			accessor := &matchconditions.MatchCondition{Expression: strings.TrimSpace(condition.Expression)}
			return conditions.CompileCELExpression(accessor, options, environment.NewExpressions).Error
		})
	}
	unique(j, path, names, "name")
}

// The part that both kinds of policies have, and the compiler that then knows the variables.
func (j *judge) policy(failure *admission.FailurePolicyType, kind *admission.ParamKind,
	match *admission.MatchResources, operations []admission.OperationType,
	found []admission.MatchCondition, variables []admission.Variable) *plugincel.CompositedCompiler {
	path := field.NewPath("spec")
	oneOf(j, path.Child("failurePolicy"), value(failure), admission.Fail, admission.Ignore)
	j.paramKind(kind)
	if j.required(path.Child("matchConstraints"), match != nil) {
		j.match(path.Child("matchConstraints"), match, operations)
		j.required(path.Child("matchConstraints", "resourceRules"), len(match.ResourceRules) > 0)
	}
	j.matchConditions(path.Child("matchConditions"), found, kind != nil)
	compiler, err := plugincel.NewCompositedCompiler(environments)
	if err != nil {
		fatal(err)
	}
	options := plugincel.OptionalVariableDeclarations{HasParams: kind != nil, HasAuthorizer: true}
	var names []string
	for i, variable := range variables {
		at := path.Child("variables").Index(i)
		if j.required(at.Child("name"), strings.TrimSpace(variable.Name) != "") &&
			(!celIdentifier.MatchString(variable.Name) || slices.Contains(celReserved, variable.Name)) {
			j.invalid(at.Child("name"), variable.Name, "must be a valid CEL identifier")
		}
		names = append(names, variable.Name)
		j.compiled(at.Child("expression"), variable.Expression, func() *cel.Error {
			accessor := &validating.Variable{Name: variable.Name, Expression: variable.Expression}
			return compiler.CompileAndStoreVariable(accessor, options, environment.NewExpressions).Error
		})
	}
	// The API server lets the last one win; here it is a mistake.
	unique(j, path.Child("variables"), names, "name")
	return compiler
}

func (j *judge) validatingPolicy(policy *admission.ValidatingAdmissionPolicy) {
	j.meta(&policy.ObjectMeta, false, validation.NameIsDNSSubdomain)
	spec := policy.Spec
	compiler := j.policy(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, judged,
		spec.MatchConditions, spec.Variables)
	path := field.NewPath("spec")
	j.required(path.Child("validations"), len(spec.Validations) > 0)
	if len(spec.AuditAnnotations) > 0 {
		j.add(field.Forbidden(path.Child("auditAnnotations"), "not modelled"))
	}
	reasons := []metav1.StatusReason{metav1.StatusReasonForbidden, metav1.StatusReasonInvalid,
		metav1.StatusReasonRequestEntityTooLarge, metav1.StatusReasonUnauthorized}
	compile := func(accessor plugincel.ExpressionAccessor, authorizer bool) func() *cel.Error {
		options := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil, HasAuthorizer: authorizer}
		return func() *cel.Error {
			return compiler.CompileCELExpression(accessor, options, environment.NewExpressions).Error
		}
	}
	for i, found := range spec.Validations {
		at := path.Child("validations").Index(i)
		j.compiled(at.Child("expression"), found.Expression,
			compile(&validating.ValidationCondition{Expression: found.Expression}, true))
		if text := found.MessageExpression; text != "" {
			j.compiled(at.Child("messageExpression"), text,
				compile(&validating.MessageExpressionCondition{MessageExpression: text}, false))
		}
		if message := strings.TrimSpace(found.Message); found.Message != "" && message == "" {
			j.invalid(at.Child("message"), found.Message, "must be non-empty if specified")
		} else if strings.ContainsAny(message, "\n\r") {
			j.invalid(at.Child("message"), found.Message, "must not contain line breaks")
		}
		if found.Reason != nil {
			oneOf(j, at.Child("reason"), *found.Reason, reasons...)
		}
	}
}

func (j *judge) mutatingPolicy(policy *admission.MutatingAdmissionPolicy) {
	j.meta(&policy.ObjectMeta, false, validation.NameIsDNSSubdomain)
	spec := policy.Spec
	compiler := j.policy(spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints, mutable,
		spec.MatchConditions, spec.Variables)
	path := field.NewPath("spec")
	oneOf(j, path.Child("reinvocationPolicy"), spec.ReinvocationPolicy,
		admission.NeverReinvocationPolicy, admission.IfNeededReinvocationPolicy)
	j.required(path.Child("mutations"), len(spec.Mutations) > 0)
	options := plugincel.OptionalVariableDeclarations{HasParams: spec.ParamKind != nil,
		HasAuthorizer: true, HasPatchTypes: true}
	for i, found := range spec.Mutations {
		at := path.Child("mutations").Index(i)
		oneOf(j, at.Child("patchType"), found.PatchType,
			admission.PatchTypeJSONPatch, admission.PatchTypeApplyConfiguration)
		part := func(path *field.Path, wanted, present bool, text string, accessor plugincel.ExpressionAccessor) {
			if !wanted && present {
				j.add(field.Forbidden(path, "not of this patchType"))
			} else if wanted && j.required(path, present) {
				j.compiled(path.Child("expression"), text, func() *cel.Error {
					return compiler.CompileCELExpression(accessor, options, environment.NewExpressions).Error
				})
			}
		}
		text := strings.TrimSpace(value(found.JSONPatch).Expression)
		part(at.Child("jsonPatch"), found.PatchType == admission.PatchTypeJSONPatch,
			found.JSONPatch != nil, text, &patch.JSONPatchCondition{Expression: text})
		text = strings.TrimSpace(value(found.ApplyConfiguration).Expression)
		part(at.Child("applyConfiguration"), found.PatchType == admission.PatchTypeApplyConfiguration,
			found.ApplyConfiguration != nil, text, &patch.ApplyConfigurationCondition{Expression: text})
	}
}

func (j *judge) binding(object *metav1.ObjectMeta, policy string, ref *admission.ParamRef,
	match *admission.MatchResources, operations []admission.OperationType) {
	j.meta(object, false, validation.NameIsDNSSubdomain)
	path := field.NewPath("spec")
	if j.required(path.Child("policyName"), policy != "") {
		j.invalid(path.Child("policyName"), policy, validation.NameIsDNSSubdomain(policy, false)...)
	}
	j.paramRef(path.Child("paramRef"), ref)
	if match != nil {
		j.match(path.Child("matchResources"), match, operations)
	}
}

func (j *judge) actions(actions []admission.ValidationAction) {
	path := field.NewPath("spec", "validationActions")
	j.required(path, len(actions) > 0)
	for i, action := range actions {
		oneOf(j, path.Index(i), action, admission.Deny, admission.Warn, admission.Audit)
	}
	unique(j, path, actions, "")
	if slices.Contains(actions, admission.Deny) && slices.Contains(actions, admission.Warn) {
		j.invalid(path, actions, "must not contain both Deny and Warn")
	}
}

func (j *judge) configMap(object *corev1.ConfigMap) {
	j.meta(&object.ObjectMeta, true, validation.NameIsDNSSubdomain)
	size := 0
	for key, text := range object.Data {
		j.invalid(field.NewPath("data").Key(key), key, utilvalidation.IsConfigMapKey(key)...)
		if _, found := object.BinaryData[key]; found {
			j.add(field.Duplicate(field.NewPath("data").Key(key), key))
		}
		size += len(text)
	}
	for key, bytes := range object.BinaryData {
		j.invalid(field.NewPath("binaryData").Key(key), key, utilvalidation.IsConfigMapKey(key)...)
		size += len(bytes)
	}
	if size > largestConfigMap {
		j.add(field.TooLong(field.NewPath("data"), "", largestConfigMap))
	}
}

func (j *judge) clusterRole(object *rbacv1.ClusterRole) {
	j.meta(&object.ObjectMeta, false, func(name string, _ bool) []string {
		return content.IsPathSegmentName(name)
	})
	for i, rule := range object.Rules {
		path := field.NewPath("rules").Index(i)
		j.required(path.Child("verbs"), len(rule.Verbs) > 0)
		j.required(path.Child("apiGroups"), len(rule.APIGroups) > 0)
		j.required(path.Child("resources"), len(rule.Resources) > 0)
		if len(rule.NonResourceURLs) > 0 {
			j.add(field.Forbidden(path.Child("nonResourceURLs"), "not together with resources"))
		}
	}
}

// What the API server fills in.
func withDefaults(object runtime.Object) runtime.Object {
	fail := func(policy **admission.FailurePolicyType) {
		if *policy == nil {
			*policy = new(admission.Fail)
		}
	}
	match := func(match *admission.MatchResources) {
		if match == nil {
			return
		}
		if match.MatchPolicy == nil {
			match.MatchPolicy = new(admission.Equivalent)
		}
		if match.NamespaceSelector == nil {
			match.NamespaceSelector = &metav1.LabelSelector{}
		}
		if match.ObjectSelector == nil {
			match.ObjectSelector = &metav1.LabelSelector{}
		}
		for _, rules := range [][]admission.NamedRuleWithOperations{
			match.ResourceRules, match.ExcludeResourceRules} {
			for i := range rules {
				if rules[i].Scope == nil {
					rules[i].Scope = new(admission.AllScopes)
				}
			}
		}
	}
	switch o := object.(type) {
	case *admission.ValidatingAdmissionPolicy:
		fail(&o.Spec.FailurePolicy)
		match(o.Spec.MatchConstraints)
	case *admission.MutatingAdmissionPolicy:
		fail(&o.Spec.FailurePolicy)
		match(o.Spec.MatchConstraints)
	case *admission.ValidatingAdmissionPolicyBinding:
		match(o.Spec.MatchResources)
	case *admission.MutatingAdmissionPolicyBinding:
		match(o.Spec.MatchResources)
	}
	return object
}

// What the controller manager writes into a policy's status, and more: it skips subresources. Those
// of a pod that these policies match are Pods too.
func typeWarnings(policy *admission.ValidatingAdmissionPolicy) (warnings []string) {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
	for _, kind := range []string{"Pod", "ConfigMap"} {
		mapper.Add(corev1.SchemeGroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	checker := validating.TypeChecker{RestMapper: mapper,
		SchemaResolver: resolver.NewDefinitionsSchemaResolver(schemas.GetOpenAPIDefinitions, scheme.Scheme)}
	whole := policy.DeepCopy()
	for _, rule := range whole.Spec.MatchConstraints.ResourceRules {
		for i, resource := range rule.Resources {
			rule.Resources[i], _, _ = strings.Cut(resource, "/")
		}
	}
	for _, warning := range checker.Check(whole) {
		warnings = append(warnings, "warning: "+warning.FieldRef+": "+warning.Warning)
	}
	return warnings
}

// Everything that is said of one YAML document.
func faultsOf(document string) []string {
	object, _, err := strict.Decode([]byte(document), nil, nil)
	if err != nil {
		return []string{err.Error()}
	}
	j, warnings := &judge{}, []string{}
	switch o := withDefaults(object).(type) {
	case *admission.ValidatingAdmissionPolicy:
		if j.validatingPolicy(o); len(j.faults) == 0 {
			warnings = typeWarnings(o)
		}
	case *admission.MutatingAdmissionPolicy:
		j.mutatingPolicy(o)
	case *admission.ValidatingAdmissionPolicyBinding:
		j.binding(&o.ObjectMeta, o.Spec.PolicyName, o.Spec.ParamRef, o.Spec.MatchResources, judged)
		j.actions(o.Spec.ValidationActions)
	case *admission.MutatingAdmissionPolicyBinding:
		j.binding(&o.ObjectMeta, o.Spec.PolicyName, o.Spec.ParamRef, o.Spec.MatchResources, mutable)
	case *corev1.ConfigMap:
		j.configMap(o)
	case *corev1.Namespace:
		j.meta(&o.ObjectMeta, false, validation.ValidateNamespaceName)
	case *rbacv1.ClusterRole:
		j.clusterRole(o)
	default:
		fatal(fmt.Errorf("%T is not modelled", o))
	}
	faults := []string{}
	for _, fault := range j.faults {
		faults = append(faults, fault.Error())
	}
	return append(faults, warnings...)
}
