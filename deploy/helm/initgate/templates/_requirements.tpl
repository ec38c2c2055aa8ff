{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* Values and pods that contradict each other fail here, in a sentence, rather than at the pod's
start. */ -}}
{{- define "initgate.requirements" -}}
{{- $plan := . -}}
{{- if not (or .policy.binaries .policy.files .policy.volumes .policy.proc) -}}
{{- fail (printf "initgate: %s names nothing to check: give it binaries, files, volumes or proc." $.key) -}}
{{- end -}}
{{- if and (ne .pattern "sharedVolume") (not (contains "@sha256:" .main.image)) -}}
{{- fail (printf "initgate: pattern %s checks the image of container %s, and %s is not pinned by digest: the tag could move between the check and the start. Use NAME@sha256:..., or pattern sharedVolume where the program is on a volume." .pattern .main.name .main.image) -}}
{{- end -}}
{{- if contains "@" .main.image -}}
{{- include "initgate.requireImage" (dict "what" (printf "the image of container %s" .main.name) "image" .main.image) -}}
{{- end -}}
{{- include "initgate.requireDigests" . -}}
{{- include "initgate.requireNames" . -}}
{{- include "initgate.requireIds" . -}}
{{- include "initgate.requireEnv" . -}}
{{- include "initgate.requireProc" . -}}
{{- include "initgate.requirePaths" . -}}
{{- include "initgate.requireVolumes" . -}}
{{- range concat (.policy.binaries | default list) (.policy.files | default list) -}}
{{- include "initgate.requireSight" (dict "plan" $plan "path" .path) -}}
{{- end -}}
{{- include "initgate.requireCommand" . -}}
{{- end -}}

{{- /* A reference as the runtime reads it. One that it cannot read ends in InvalidImageName. */ -}}
{{- define "initgate.requireImage" -}}
{{- $part := "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*" -}}
{{- $host := "([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:[0-9]+)?/" -}}
{{- $pattern := printf "^(%s)?%s(/%s)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}$" $host $part $part -}}
{{- if not (regexMatch $pattern .image) -}}
{{- fail (printf "initgate: %s is %q, which no registry can have: write NAME@sha256: and 64 lower-case hex digits, NAME in lower case." .what .image) -}}
{{- end -}}
{{- end -}}

{{- /* fromYaml fails on nothing: what it says of a template that is no YAML is the value's one key. */ -}}
{{- define "initgate.requireYaml" -}}
{{- if hasKey .value "Error" -}}
{{- fail (printf "initgate: the %s's template gives no YAML: %s" .what .value.Error) -}}
{{- end -}}
{{- end -}}

{{- /* Helm replaces lists as a whole: one --set of a path takes the digest of values.yaml away, and the
gate itself would pass any program there with a skip. */ -}}
{{- define "initgate.requireDigests" -}}
{{- range $index, $binary := .policy.binaries -}}
{{- $said := $binary.sha256 -}}
{{- if kindIs "map" $said -}}{{- $said = $said.sha256 -}}{{- end -}}
{{- if kindIs "invalid" $said -}}
{{- fail (printf "initgate: %s.binaries[%d] (%s) has no sha256, so any program at that path would pass: give its digest, or sha256: false where none is to be compared." $.key $index $binary.path) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What Kubernetes would refuse as a name, and names that are the gate's. */ -}}
{{- define "initgate.requireNames" -}}
{{- if gt (len (printf "initgate-policy%s" .suffix)) 63 -}}
{{- fail (printf "initgate: the volume of the policy for container %s would have a name of more than 63 characters: give that container a name of at most 47." .main.name) -}}
{{- end -}}
{{- range $what, $list := dict "container" (concat (.pod.initContainers | default list) .pod.containers) "volume" .pod.volumes -}}
{{- range $list -}}
{{- if not (and (le (len (toString .name)) 63) (regexMatch "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" (toString .name))) -}}
{{- fail (printf "initgate: the pod has a %s %q: a name has at most 63 lower-case letters, digits and \"-\", and neither begins nor ends with \"-\"." $what (toString .name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range concat (.pod.initContainers | default list) .pod.containers -}}
{{- if has .name (list (printf "gate%s" $.suffix) "install-gate") -}}
{{- fail (printf "initgate: the pod has a container %q already: that name is the gate's." .name) -}}
{{- end -}}
{{- end -}}
{{- range .pod.volumes -}}
{{- if has .name (list "initgate" (printf "initgate-policy%s" $.suffix) (printf "initgate-target%s" $.suffix)) -}}
{{- fail (printf "initgate: the pod has a volume %q already: that name is the gate's." .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "initgate.requireConfigMap" -}}
{{- $label := "[a-z0-9]([a-z0-9-]*[a-z0-9])?" -}}
{{- if not (and (le (len .configMap) 253) (regexMatch (printf "^%s(\\.%s)*$" $label $label) .configMap)) -}}
{{- fail (printf "initgate: the ConfigMap would have the name %q: give the workload a name of at most %d lower-case letters, digits, \"-\" and \".\"." .configMap (sub 253 (len "-policy-0123456789"))) -}}
{{- end -}}
{{- end -}}

{{- /* "int64" makes 0 of what is no number: root. */ -}}
{{- define "initgate.requireIds" -}}
{{- $plan := . -}}
{{- $ids := dict "initgate.runAsUser" .own.runAsUser "initgate.runAsGroup" .own.runAsGroup -}}
{{- range $key := list "runAsUser" "runAsGroup" "fsGroup" -}}
{{- if hasKey $plan.context $key -}}
{{- $_ := set $ids (printf "%s of container %s or its pod" $key $plan.main.name) (get $plan.context $key) -}}
{{- end -}}
{{- end -}}
{{- range $index, $group := .context.supplementalGroups -}}
{{- $_ := set $ids (printf "the pod's supplementalGroups[%d]" $index) $group -}}
{{- end -}}
{{- range $what, $id := $ids -}}
{{- $number := has (kindOf $id) (list "int" "int64" "float64") -}}
{{- if not (and $number (eq (float64 $id) (float64 (int64 $id))) (ge (int64 $id) 0) (le (int64 $id) 4294967294)) -}}
{{- fail (printf "initgate: %s is %s: write a whole number without quotes." $what (toJson $id)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A library that LD_AUDIT names is loaded before all others, and no check looks for it. */ -}}
{{- define "initgate.requireEnv" -}}
{{- $main := .main.name -}}
{{- range .main.env -}}
{{- if eq .name "LD_AUDIT" -}}
{{- fail (printf "initgate: container %s has the variable LD_AUDIT: the loader would run a library that the gate does not check. Remove it." $main) -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.policy.env | default dict) "LD_AUDIT" -}}
{{- fail "initgate: initgate.policy.env has LD_AUDIT: the loader would run a library that the gate does not check. Remove it." -}}
{{- end -}}
{{- end -}}

{{- /* What starts must be among what is checked. Not known here: the image's ENTRYPOINT, where there is
no command; where a name without "/" is found; what the image has with sharedVolume. */ -}}
{{- define "initgate.requireCommand" -}}
{{- $named := list -}}
{{- range .policy.binaries -}}{{- $named = append $named .path -}}{{- end -}}
{{- $program := first (.main.command | default (list "")) -}}
{{- if and (contains "/" $program) (not (isAbs $program)) .main.workingDir -}}
{{- $program = printf "%s/%s" .main.workingDir $program -}}
{{- end -}}
{{- if and $named (isAbs $program) (not (contains "$(" $program)) -}}
{{- if has ".." (splitList "/" $program) -}}
{{- fail (printf "initgate: container %s starts %s: write its path without \"..\"." .main.name $program) -}}
{{- end -}}
{{- $program = clean $program -}}
{{- $seen := or (ne .pattern "sharedVolume") (include "initgate.mountOf" (dict "plan" . "path" $program)) -}}
{{- if and $seen (not (has $program $named)) -}}
{{- fail (printf "initgate: container %s starts %s, and %s.binaries has %s: what starts would not be checked. Add {path: %s} with its sha256; where that is a link to a program that is there already, the sha256 is the same." .main.name $program $.key (join ", " $named) $program) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What the policy denies must not be what the pod asks for: every start would be blocked. */ -}}
{{- define "initgate.requireProc" -}}
{{- $asks := dict "hostPid" (and .pod.hostPID "hostPID: true") "sharedPid" (and .pod.shareProcessNamespace "shareProcessNamespace: true") "privileged" (and .context.privileged (printf "container %s privileged: true" .main.name)) -}}
{{- range $key, $asked := $asks -}}
{{- $said := get ($.policy.proc | default dict) $key -}}
{{- if kindIs "map" $said -}}{{- $said = $said.expect | default "deny" -}}{{- end -}}
{{- if and $asked (eq (toString $said) "deny") -}}
{{- fail (printf "initgate: %s.proc.%s is deny and the pod has %s: take one of them back." $.key $key $asked) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A volume that the gate mounts too must be one that it can mount, and not where its own are. */ -}}
{{- define "initgate.requireMounts" -}}
{{- $own := list "/etc/initgate" -}}
{{- if hasPrefix "sameImage" .pattern -}}{{- $own = append $own "/gate" -}}{{- end -}}
{{- if eq .pattern "imageVolume" -}}{{- $own = append $own "/target" -}}{{- end -}}
{{- $main := .main.name -}}
{{- range .mounts -}}
{{- $path := clean .mountPath -}}
{{- if .subPathExpr -}}
{{- fail (printf "initgate: container %s mounts %s with subPathExpr, which the gate cannot follow: it has not that container's environment. Use subPath." $main .mountPath) -}}
{{- end -}}
{{- range $own -}}
{{- if or (include "initgate.below" (dict "path" $path "dir" .)) (include "initgate.below" (dict "path" . "dir" $path)) -}}
{{- fail (printf "initgate: the gate is to mount a volume at %s, and needs %s for itself: say in that volume's entry of %s.volumes where else, as {at: /volumes%s}." $path . $.key $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A volume of the policy is a mount of the main container, as promised, or a folder of the image
for which the policy asks no mount. */ -}}
{{- define "initgate.requireVolumes" -}}
{{- $plan := . -}}
{{- range $index, $volume := .policy.volumes -}}
{{- $key := printf "%s.volumes[%d]" $.key $index -}}
{{- $found := dict -}}
{{- range $plan.containerMounts -}}
{{- if eq .path $volume.mountPath -}}{{- $found = . -}}{{- end -}}
{{- end -}}
{{- $declined := and (hasKey . "mounted") (eq (toJson .mounted) "false") -}}
{{- if and (not $found) (or (not $declined) (eq $plan.pattern "sharedVolume")) -}}
{{- fail (printf "initgate: %s.mountPath %s is no mount of container %s: every start would be blocked." $key .mountPath $plan.main.name) -}}
{{- end -}}
{{- $readOnly := .readOnly -}}
{{- if kindIs "map" .options -}}{{- $readOnly = .options.readOnly | default $readOnly -}}{{- end -}}
{{- if and $readOnly $found (not $found.mount.readOnly) -}}
{{- fail (printf "initgate: %s.readOnly is true and container %s mounts %s writable: set readOnly: true on that mount." $key $plan.main.name .mountPath) -}}
{{- end -}}
{{- if and (hasKey . "at") (not $found) -}}
{{- fail (printf "initgate: %s.at names where the gate has a mount, and container %s mounts nothing at %s: leave \"at\" out." $key $plan.main.name .mountPath) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The gate must be able to see what it is to judge. */ -}}
{{- define "initgate.requireSight" -}}
{{- if and (eq .plan.pattern "sharedVolume") (not (include "initgate.mountOf" .)) -}}
{{- fail (printf "initgate: pattern sharedVolume sees the volumes of container %s only, and %s lies on none of them: mount its volume there, or use pattern sameImage." .plan.main.name .path) -}}
{{- end -}}
{{- end -}}
