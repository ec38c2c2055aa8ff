{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* What the policy leaves out and the pod already says. What both say must agree. */ -}}

{{- define "initgate.runAs" -}}
{{- $runAs := .policy.runAs | default dict -}}
{{- range $key, $from := dict "uid" "runAsUser" "gid" "runAsGroup" -}}
{{- $said := get $.context $from -}}
{{- if hasKey $runAs $key -}}
{{- if and (hasKey $.context $from) (ne (int64 $said) (int64 (get $runAs $key))) -}}
{{- fail (printf "initgate: initgate.policy.runAs.%s is %d and container %s has %s %d: the gate would judge for another user than the one that runs. Make them equal, or leave runAs out." $key (int64 (get $runAs $key)) $.main.name $from (int64 $said)) -}}
{{- end -}}
{{- else if hasKey $.context $from -}}
{{- $_ := set $runAs $key (int64 $said) -}}
{{- else -}}
{{- fail (printf "initgate: container %s has no securityContext.%s, so the policy cannot say for whom it judges: set it, or initgate.policy.runAs.%s to what the image's USER is." $.main.name $from $key) -}}
{{- end -}}
{{- end -}}
{{- include "initgate.groups" (dict "plan" . "runAs" $runAs) -}}
{{- include "initgate.capabilities" (dict "plan" . "runAs" $runAs) -}}
{{- toJson $runAs -}}
{{- end -}}

{{- define "initgate.groups" -}}
{{- $groups := list -}}
{{- range .plan.context.supplementalGroups -}}
{{- $groups = append $groups (int64 .) -}}
{{- end -}}
{{- if hasKey .plan.context "fsGroup" -}}
{{- $groups = append $groups (int64 .plan.context.fsGroup) -}}
{{- end -}}
{{- if hasKey .runAs "groups" -}}
{{- $said := list -}}
{{- range .runAs.groups -}}{{- $said = append $said (int64 .) -}}{{- end -}}
{{- range $groups -}}
{{- if not (has . $said) -}}
{{- fail (printf "initgate: the pod's securityContext gives group %d and initgate.policy.runAs.groups lacks it: add it, or leave groups out." .) -}}
{{- end -}}
{{- end -}}
{{- else if $groups -}}
{{- $_ := set .runAs "groups" (uniq $groups) -}}
{{- end -}}
{{- end -}}

{{- /* Only "drop ALL" says what is left; the runtime's default set is the runtime's secret. */ -}}
{{- define "initgate.capabilities" -}}
{{- $asked := .plan.context.capabilities | default dict -}}
{{- $add := list -}}
{{- range $asked.add -}}{{- $add = append $add (trimPrefix "CAP_" (upper .)) -}}{{- end -}}
{{- $known := and (has "ALL" ($asked.drop | default list)) (not (has "ALL" $add)) (not .plan.context.privileged) -}}
{{- if hasKey .runAs "capabilities" -}}
{{- $said := list -}}
{{- range .runAs.capabilities -}}{{- $said = append $said (trimPrefix "CAP_" (upper .)) -}}{{- end -}}
{{- if and $known (ne (sortAlpha $said | uniq | join ",") (sortAlpha $add | uniq | join ",")) -}}
{{- fail (printf "initgate: initgate.policy.runAs.capabilities is [%s] and container %s has [%s] left: make them equal, or leave capabilities out." (join ", " $said) .plan.main.name (join ", " $add)) -}}
{{- end -}}
{{- else if $known -}}
{{- $_ := set .runAs "capabilities" $add -}}
{{- else if or $asked.add $asked.drop .plan.context.privileged -}}
{{- fail (printf "initgate: what capabilities container %s has left cannot be told from its securityContext: drop ALL and add those it needs, or list them in initgate.policy.runAs.capabilities." .plan.main.name) -}}
{{- end -}}
{{- end -}}

{{- /* The variables that the loader and scripts look at. */ -}}
{{- define "initgate.completeEnv" -}}
{{- $env := .policy.env | default dict -}}
{{- $main := .main.name -}}
{{- range .main.env -}}
{{- if has .name (list "LD_LIBRARY_PATH" "LD_PRELOAD" "PATH") -}}
{{- $plain := and (hasKey . "value") (not (contains "$(" (toString .value))) -}}
{{- if not (hasKey $env .name) -}}
{{- if not $plain -}}
{{- fail (printf "initgate: %s of container %s is known in the cluster only: give it in initgate.policy.env, or the gate would look for libraries elsewhere." .name $main) -}}
{{- end -}}
{{- $_ := set $env .name .value -}}
{{- else if and $plain (ne (get $env .name) .value) -}}
{{- fail (printf "initgate: initgate.policy.env.%s is %q and container %s has %q: make them equal, or leave it out of the policy." .name (get $env .name) $main .value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $env -}}{{- $_ := set .policy "env" $env -}}{{- end -}}
{{- end -}}

{{- /* Mounts of the gate, and what the pattern means for the policy. */ -}}
{{- define "initgate.completePattern" -}}
{{- $mounts := list -}}
{{- if eq .pattern "imageVolume" -}}
{{- include "initgate.completeImageVolume" . -}}
{{- else -}}
{{- range .main.volumeMounts -}}
{{- $mounts = append $mounts (pick . "name" "mountPath" "subPath" "readOnly" "recursiveReadOnly") -}}
{{- end -}}
{{- $_ := set . "mounts" $mounts -}}
{{- if eq .pattern "sharedVolume" -}}{{- include "initgate.completeSharedVolume" . -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The gate has at .at what the main container has at .mountPath. */ -}}
{{- define "initgate.completeImageVolume" -}}
{{- $plan := . -}}
{{- $mounts := list -}}
{{- range .policy.volumes -}}
{{- $mountPath := .mountPath -}}
{{- if not (hasKey . "at") -}}{{- $_ := set . "at" (printf "/volumes%s" $mountPath) -}}{{- end -}}
{{- $at := .at -}}
{{- range $plan.main.volumeMounts -}}
{{- if eq (trimSuffix "/" .mountPath) $mountPath -}}
{{- $mount := pick . "name" "subPath" "readOnly" "recursiveReadOnly" -}}
{{- $mounts = append $mounts (set $mount "mountPath" $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set . "mounts" $mounts -}}
{{- end -}}

{{- /* The gate sees the volumes and nothing of the main container's image: a loader that lies on no
volume can only be named. */ -}}
{{- define "initgate.completeSharedVolume" -}}
{{- $plan := . -}}
{{- range .policy.binaries -}}
{{- $interpreter := .interpreter -}}
{{- if kindIs "string" $interpreter -}}{{- $interpreter = dict "path" $interpreter -}}{{- end -}}
{{- if and (kindIs "map" $interpreter) $interpreter.path (not (hasKey $interpreter "visible")) -}}
{{- if not (include "initgate.mountOf" (dict "plan" $plan "path" $interpreter.path)) -}}
{{- $_ := set . "interpreter" (merge (dict "visible" false) $interpreter) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "initgate.completeVolumes" . -}}
{{- if not (hasKey .policy "trustedUids") -}}
{{- $_ := set .policy "trustedUids" (uniq (list 0 (int64 .own.runAsUser))) -}}
{{- end -}}
{{- end -}}

{{- define "initgate.completeVolumes" -}}
{{- $plan := . -}}
{{- $volumes := .policy.volumes | default list -}}
{{- $known := list -}}
{{- range $volumes -}}{{- $known = append $known .mountPath -}}{{- end -}}
{{- range concat (.policy.binaries | default list) (.policy.files | default list) -}}
{{- $mount := include "initgate.mountOf" (dict "plan" $plan "path" .path) | fromJson -}}
{{- $path := trimSuffix "/" $mount.mountPath -}}
{{- if not (has $path $known) -}}
{{- $known = append $known $path -}}
{{- $volume := dict "mountPath" $path -}}
{{- if $mount.readOnly -}}{{- $_ := set $volume "readOnly" true -}}{{- end -}}
{{- $volumes = append $volumes $volume -}}
{{- end -}}
{{- end -}}
{{- $_ := set .policy "volumes" $volumes -}}
{{- end -}}
