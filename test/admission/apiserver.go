// SPDX-License-Identifier: Apache-2.0

// What an API server's admission does with requests: Kubernetes' own plugins, its own CEL with all
// extension functions, its own JSON patches, over policies, bindings, namespaces and parameters
// that are given. Nothing is evaluated by code of this project.
//
// "admit" reads one JSON value, [{"objects": [...], "requests": [...]}, ...], and writes the outcomes
// of each group's requests: [[{"object", "denied", "warnings", "audit", "error"}, ...], ...]; the object of
// those that may mutate it.
// "faults" reads YAML documents, ["...", ...], and writes what is said against each: [["...", ...], ...].
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	auditapi "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/util/compatibility"
	"k8s.io/apiserver/pkg/util/feature"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/discovery"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/openapi"
)

type request struct {
	Operation   string          `json:"operation"`
	Namespace   string          `json:"namespace"`
	Subresource string          `json:"subresource"`
	User        string          `json:"user"`
	Approves    bool            `json:"approves"`
	Mutate      bool            `json:"mutate"`
	Object      json.RawMessage `json:"object"`
	OldObject   json.RawMessage `json:"oldObject"`
}

type group struct {
	Objects  []json.RawMessage `json:"objects"`
	Requests []request         `json:"requests"`
}

type outcome struct {
	Object   runtime.Object    `json:"object,omitempty"`
	Denied   string            `json:"denied,omitempty"`
	Error    string            `json:"error,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Audit    map[string]string `json:"audit,omitempty"`
}

// The mutating plugin waits for a schema of the kind, which JSON patches then make no use of.
type noSchema struct{}

func (noSchema) Paths() (map[string]openapi.GroupVersion, error) {
	return map[string]openapi.GroupVersion{"api/v1": noSchema{}}, nil
}
func (noSchema) Schema(string) ([]byte, error) { return []byte(`{"components":{"schemas":{}}}`), nil }
func (noSchema) ServerRelativeURL() string     { return "none" }

type discoverer struct{ discovery.DiscoveryInterface }

func (discoverer) OpenAPIV3() openapi.Client { return noSchema{} }

// Embeds the fake itself: by a method that is not in the interface it tells informers to list plainly.
type client struct{ *fake.Clientset }

func (c client) Discovery() discovery.DiscoveryInterface {
	return discoverer{c.Clientset.Discovery()}
}

// Grants what a request says that its user was granted: the verb "approve", nothing else.
type rbac struct{}

func (rbac) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if a.GetVerb() == "approve" && a.GetAPIGroup() == "initgate.dev" && a.GetResource() == "policies" &&
		a.GetNamespace() != "" && slices.Contains(a.GetUser().GetGroups(), "approvers") {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

type recorder struct{ warnings []string }

func (r *recorder) AddWarning(_, text string) { r.warnings = append(r.warnings, text) }

// Keeps what admission writes to the audit log.
type attributes struct {
	admission.Attributes
	audit map[string]string
}

func (a *attributes) AddAnnotation(key, value string) error {
	a.audit[key] = value
	return nil
}

func (a *attributes) AddAnnotationWithLevel(key, value string, _ auditapi.Level) error {
	return a.AddAnnotation(key, value)
}

type plugins struct {
	mutating   *mutating.Plugin
	validating *validating.Plugin
	interfaces admission.ObjectInterfaces
}

func decode(raw json.RawMessage) runtime.Object {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw, nil, nil)
	if err != nil {
		fatal(err)
	}
	return object
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "apiserver:", err)
	os.Exit(2)
}

func start(ctx context.Context, objects []runtime.Object) plugins {
	native := client{fake.NewSimpleClientset(objects...)}
	factory := informers.NewSharedInformerFactory(native, 0)
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
	for _, kind := range []string{"ConfigMap", "PersistentVolumeClaim"} { // what policies have as parameters
		mapper.Add(corev1.SchemeGroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mutator, err := mutating.NewPlugin(nil)
	if err != nil {
		fatal(err)
	}
	validator, err := validating.NewPlugin(nil)
	if err != nil {
		fatal(err)
	}
	for _, plugin := range []admission.Interface{mutator, validator} {
		initializer.New(native, dynamicfake.NewSimpleDynamicClient(scheme.Scheme, objects...), factory,
			rbac{}, feature.DefaultFeatureGate,
			compatibility.DefaultBuildEffectiveVersion(), ctx.Done(), mapper).Initialize(plugin)
		if err := plugin.(admission.InitializationValidator).ValidateInitialization(); err != nil {
			fatal(err)
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return plugins{mutator, validator, admission.NewObjectInterfacesFromScheme(scheme.Scheme)}
}

func (p plugins) admit(ctx context.Context, r request) outcome {
	object, old := decode(r.Object), decode(r.OldObject)
	accessor, err := meta.Accessor(object)
	if err != nil {
		fatal(err)
	}
	kind := object.GetObjectKind().GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	info := &user.DefaultInfo{Name: r.User}
	if r.Approves {
		info.Groups = []string{"approvers"}
	}
	attr := &attributes{admission.NewAttributesRecord(object, old, kind, r.Namespace, accessor.GetName(), resource,
		r.Subresource, admission.Operation(r.Operation), nil, false, info), map[string]string{}}
	warnings := &recorder{}
	ctx = warning.WithWarningRecorder(ctx, warnings)
	result := outcome{}
	if r.Mutate {
		err = p.mutating.Admit(ctx, attr, p.interfaces)
		// As the API server's own chain does: once more, when something changed.
		if again := attr.GetReinvocationContext(); err == nil && again.ShouldReinvoke() {
			again.SetIsReinvoke()
			err = p.mutating.Admit(ctx, attr, p.interfaces)
		}
		if err != nil {
			result.Error = err.Error()
		}
	}
	if result.Error == "" {
		if err = p.validating.Validate(ctx, attr, p.interfaces); err != nil {
			result.Denied = err.Error()
		}
	}
	if r.Mutate {
		result.Object = attr.GetObject()
		result.Object.GetObjectKind().SetGroupVersionKind(kind) // a conversion forgets it
	}
	result.Warnings, result.Audit = warnings.warnings, attr.audit
	return result
}

// One group's API server, from its start to its end.
func (g group) outcomes() []outcome {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	objects := make([]runtime.Object, 0, len(g.Objects))
	for _, raw := range g.Objects {
		objects = append(objects, withDefaults(decode(raw)))
	}
	p := start(ctx, objects)
	all := make([]outcome, 0, len(g.Requests))
	for _, r := range g.Requests {
		all = append(all, p.admit(ctx, r))
	}
	return all
}

// Applies `work` to each input. Several at once: much of the time an API server waits for its caches.
func each[I, O any](inputs []I, work func(I) O) []O {
	outputs := make([]O, len(inputs))
	var all sync.WaitGroup
	free := make(chan struct{}, 8)
	for i, input := range inputs {
		all.Go(func() {
			free <- struct{}{}
			outputs[i] = work(input)
			<-free
		})
	}
	all.Wait()
	return outputs
}

func serve[I, O any](work func(I) O) {
	var inputs []I
	if err := json.NewDecoder(os.Stdin).Decode(&inputs); err != nil {
		fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(each(inputs, work)); err != nil {
		fatal(err)
	}
}

func main() {
	debug.SetGCPercent(400)
	switch os.Args[1] {
	case "admit":
		serve(group.outcomes)
	case "faults":
		serve(faultsOf)
	default:
		fatal(fmt.Errorf("no mode %q", os.Args[1]))
	}
}
