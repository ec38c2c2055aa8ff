{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /*
Values and pod put together, checked and completed, as JSON. With .other, the name of one of
otherContainers, it is that container's plan.

  pattern, image (the gate's), resources, warnOnly
  suffix        of the names of this gate and its volumes
  main          the gated container
  application   the user of the main container: runAsUser, runAsGroup, ...
  own           the gate's own user, likewise
  mounts        the gate's mounts besides its own: those that the policy's volumes list
  policy        complete
  configMap     its name
*/ -}}
{{- define "initgate.plan" -}}
{{- if not (and (kindIs "string" .name) (kindIs "map" .values) (kindIs "map" .pod)) -}}
{{- fail "initgate: a template was called without its dictionary: give it name (a string), values (.Values.initgate) and pod (the pod's spec, a dictionary)." -}}
{{- end -}}
{{- include "initgate.requireYaml" (dict "what" "pod" "value" .pod) -}}
{{- $values := .values | toJson | fromJson -}}
{{- $name := .name -}}
{{- $suffix := "" -}}
{{- $key := "initgate.policy" -}}
{{- with .other -}}
{{- $name = printf "%s-%s" $name . -}}
{{- $suffix = printf "-%s" . -}}
{{- $key = printf "initgate.otherContainers.%s.policy" . -}}
{{- $_ := set $values "policy" (get $values.otherContainers .).policy -}}
{{- $_ := set $values "container" . -}}
{{- end -}}
{{- $plan := dict "name" $name "suffix" $suffix "key" $key "pod" (deepCopy .pod) "values" $values "pattern" $values.pattern
      "resources" $values.resources "warnOnly" $values.warnOnly
      "own" (pick $values "runAsUser" "runAsGroup") -}}
{{- $_ := set $plan "image" (include "initgate.image" $values.image) -}}
{{- $_ := set $plan "main" (include "initgate.main" $plan | fromJson) -}}
{{- $_ := set $plan "containerMounts" (include "initgate.mountsOf" $plan | fromJson).mounts -}}
{{- $_ := set $plan "context" (include "initgate.context" $plan | fromJson) -}}
{{- $_ := set $plan "policy" (merge $values.policy (dict "apiVersion" "initgate.dev/v1" "kind" "Policy")) -}}
{{- if not $plan.policy.metadata -}}
{{- $_ := set $plan.policy "metadata" (dict "name" $name) -}}
{{- end -}}
{{- include "initgate.requirements" $plan -}}
{{- $_ := set $plan.policy "runAs" (include "initgate.runAs" $plan | fromJson) -}}
{{- include "initgate.completeEnv" $plan -}}
{{- include "initgate.completePattern" $plan -}}
{{- include "initgate.requireMounts" $plan -}}
{{- $application := pick $plan.context "seLinuxOptions" "appArmorProfile" -}}
{{- $_ := set $application "runAsUser" $plan.policy.runAs.uid -}}
{{- $_ := set $application "runAsGroup" $plan.policy.runAs.gid -}}
{{- $_ := set $plan "application" $application -}}
{{- $_ := set $plan "configMap" (printf "%s-policy-%s" $name (toJson $plan.policy | sha256sum | trunc 10)) -}}
{{- include "initgate.requireConfigMap" $plan -}}
{{- omit $plan "pod" "values" "context" "name" "containerMounts" | toJson -}}
{{- end -}}

{{- /* {"plans": [...]}: that of the gated container, then those of otherContainers. */ -}}
{{- define "initgate.plans" -}}
{{- $plans := list (include "initgate.plan" . | fromJson) -}}
{{- range $other, $_ := .values.otherContainers -}}
{{- $plan := include "initgate.plan" (dict "name" $.name "values" $.values "pod" $.pod "other" $other) | fromJson -}}
{{- if eq $other (first $plans).main.name -}}
{{- fail (printf "initgate: initgate.otherContainers has %q, which has a gate already: name that container's policy in initgate.policy alone." $other) -}}
{{- end -}}
{{- $plans = append $plans $plan -}}
{{- end -}}
{{- dict "plans" $plans | toJson -}}
{{- end -}}

{{- define "initgate.image" -}}
{{- if not .repository -}}
{{- fail "initgate: initgate.image.repository is empty: name the gate's image." -}}
{{- end -}}
{{- if and .tag (not .digest) -}}
{{- fail (printf "initgate: initgate.image.tag %q alone does not pin the gate: whoever can push to the registry can move a tag. Set initgate.image.digest to the image's sha256:... digest." .tag) -}}
{{- end -}}
{{- if not .digest -}}
{{- fail "initgate: initgate.image.digest is empty: set it to the sha256:... digest of the gate's image, as the registry shows it." -}}
{{- end -}}
{{- $image := printf "%s%s@%s" .repository (.tag | default "" | printf ":%s" | trimSuffix ":") .digest -}}
{{- include "initgate.requireImage" (dict "what" "the gate's image" "image" $image) -}}
{{- $image -}}
{{- end -}}

{{- define "initgate.main" -}}
{{- $names := list -}}
{{- $found := dict -}}
{{- range .pod.containers -}}
{{- $names = append $names .name -}}
{{- if and (not $found) (or (not $.values.container) (eq .name $.values.container)) -}}
{{- $found = . -}}
{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- $key := ternary "initgate.otherContainers:" "initgate.container" (ne .suffix "") -}}
{{- fail (printf "initgate: %s %q is none of the pod's containers (%s)." $key .values.container (join ", " $names)) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- /* The container's own settings lie over the pod's, zero and false too: no merge() here, which
would take them for unset. */ -}}
{{- define "initgate.context" -}}
{{- $context := dict -}}
{{- range $from := list .pod.securityContext .main.securityContext -}}
{{- range $key, $value := $from -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $_ := set $context $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $context -}}
{{- end -}}
