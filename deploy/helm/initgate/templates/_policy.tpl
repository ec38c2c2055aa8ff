{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* What the policy leaves out and the pod already says. What both say must agree. */ -}}

{{- define "initgate.runAs" -}}
{{- $runAs := .policy.runAs | default dict -}}
{{- range $key, $from := dict "uid" "runAsUser" "gid" "runAsGroup" -}}
{{- $said := get $.context $from -}}
{{- if hasKey $runAs $key -}}
{{- if and (hasKey $.context $from) (ne (int64 $said) (int64 (get $runAs $key))) -}}
{{- fail (printf "initgate: %s.runAs.%s is %d and container %s has %s %d: the gate would judge for another user than the one that runs. Make them equal, or leave runAs out." $.key $key (int64 (get $runAs $key)) $.main.name $from (int64 $said)) -}}
{{- end -}}
{{- else if hasKey $.context $from -}}
{{- $_ := set $runAs $key (int64 $said) -}}
{{- else -}}
{{- fail (printf "initgate: container %s has no securityContext.%s, so the policy cannot say for whom it judges: set it, or %s.runAs.%s to what the image's USER is." $.main.name $from $.key $key) -}}
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
{{- fail (printf "initgate: the pod's securityContext gives group %d and %s.runAs.groups lacks it: add it, or leave groups out." . $.plan.key) -}}
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
{{- fail (printf "initgate: %s.runAs.capabilities is [%s] and container %s has [%s] left: make them equal, or leave capabilities out." $.plan.key (join ", " $said) .plan.main.name (join ", " $add)) -}}
{{- end -}}
{{- else if $known -}}
{{- $_ := set .runAs "capabilities" $add -}}
{{- else if or $asked.add $asked.drop .plan.context.privileged -}}
{{- fail (printf "initgate: what capabilities container %s has left cannot be told from its securityContext: drop ALL and add those it needs, or list them in %s.runAs.capabilities." .plan.main.name $.plan.key) -}}
{{- end -}}
{{- end -}}

{{- /* The variables that the loader and scripts look at. One without a value is empty. */ -}}
{{- define "initgate.completeEnv" -}}
{{- $env := .policy.env | default dict -}}
{{- $main := .main.name -}}
{{- range .main.env -}}
{{- if has .name (list "LD_BIND_NOW" "LD_LIBRARY_PATH" "LD_PRELOAD" "PATH") -}}
{{- $value := .value | default "" -}}
{{- $plain := not (or .valueFrom (contains "$(" $value)) -}}
{{- if not (hasKey $env .name) -}}
{{- if not $plain -}}
{{- fail (printf "initgate: %s of container %s is known in the cluster only: give it in %s.env, or the gate would judge for another one." .name $main $.key) -}}
{{- end -}}
{{- $_ := set $env .name $value -}}
{{- else if and $plain (ne (get $env .name) $value) -}}
{{- fail (printf "initgate: %s.env.%s is %q and container %s has %q: make them equal, or leave it out of the policy." $.key .name (get $env .name) $main $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $env -}}{{- $_ := set .policy "env" $env -}}{{- end -}}
{{- end -}}

{{- /* What the pattern means for the policy, and the gate's mounts: those of the container that the
policy's volumes list, each at its "at". With imageVolume that is below /volumes where nothing is said. */ -}}
{{- define "initgate.completePattern" -}}
{{- $plan := . -}}
{{- if eq .pattern "sharedVolume" -}}{{- include "initgate.completeSharedVolume" . -}}{{- end -}}
{{- include "initgate.completeVolumes" . -}}
{{- $mounts := list -}}
{{- range $volume := .policy.volumes -}}
{{- /* With "mounted": false it may be a folder of the image. */ -}}
{{- $inImage := and (eq $plan.pattern "imageVolume") (not (hasKey $volume "at")) -}}
{{- range $plan.containerMounts -}}
{{- if eq .path $volume.mountPath -}}
{{- $inImage = false -}}
{{- if and (eq $plan.pattern "imageVolume") (not (hasKey $volume "at")) -}}
{{- $_ := set $volume "at" (printf "/volumes%s" .path) -}}
{{- end -}}
{{- $mount := pick .mount "name" "mountPath" "subPath" "subPathExpr" "readOnly" "recursiveReadOnly" -}}
{{- $mounts = append $mounts (set $mount "mountPath" ($volume.at | default .mount.mountPath)) -}}
{{- end -}}
{{- end -}}
{{- if $inImage -}}
{{- $_ := set $volume "at" (printf "/target%s" $volume.mountPath) -}}
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
{{- if not (include "initgate.mountOf" (dict "plan" $plan "path" (clean $interpreter.path))) -}}
{{- $_ := set . "interpreter" (merge (dict "visible" false) $interpreter) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (hasKey .policy "trustedUids") -}}
{{- $_ := set .policy "trustedUids" (uniq (list 0 (int64 .own.runAsUser))) -}}
{{- end -}}
{{- end -}}

{{- /* The paths that the policy names: programs with their loaders and folders, files, and where the
loader and scripts look by env. */ -}}
{{- define "initgate.namedPaths" -}}
{{- $paths := list -}}
{{- range .policy.binaries -}}
{{- $paths = append $paths .path -}}
{{- if kindIs "string" .interpreter -}}{{- $paths = append $paths .interpreter -}}{{- end -}}
{{- if kindIs "map" .interpreter -}}{{- with .interpreter.path -}}{{- $paths = append $paths . -}}{{- end -}}{{- end -}}
{{- if kindIs "map" .embeds -}}{{- $paths = concat $paths (.embeds.dirs | default list) -}}{{- end -}}
{{- end -}}
{{- range .policy.files -}}{{- $paths = append $paths .path -}}{{- end -}}
{{- $env := .policy.env | default dict -}}
{{- $paths = concat $paths (regexSplit "[:;]" ($env.LD_LIBRARY_PATH | default "") -1) -}}
{{- $paths = concat $paths (regexSplit "[: ]" ($env.LD_PRELOAD | default "") -1) -}}
{{- $paths = concat $paths (splitList ":" ($env.PATH | default "")) -}}
{{- dict "paths" $paths | toJson -}}
{{- end -}}

{{- /* Adds to the policy's volumes the mounts without which the gate could not look: those that hold
what the policy names, and those with another mount below them, since where that one lands depends
on links on the outer one. */ -}}
{{- define "initgate.completeVolumes" -}}
{{- $plan := . -}}
{{- $needed := list -}}
{{- range (include "initgate.namedPaths" . | fromJson).paths -}}
{{- if isAbs . -}}
{{- with include "initgate.mountOf" (dict "plan" $plan "path" (clean .)) -}}
{{- $needed = append $needed (fromJson .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $outer := .containerMounts -}}
{{- range $plan.containerMounts -}}
{{- if and (ne .path $outer.path) (include "initgate.below" (dict "path" .path "dir" $outer.path)) -}}
{{- $needed = append $needed $outer -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $volumes := .policy.volumes | default list -}}
{{- $known := list -}}
{{- range $volumes -}}{{- $known = append $known .mountPath -}}{{- end -}}
{{- range $needed -}}
{{- if not (has .path $known) -}}
{{- $known = append $known .path -}}
{{- $volumes = append $volumes (include "initgate.promise" (dict "plan" $plan "mount" .) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- if $volumes -}}{{- $_ := set .policy "volumes" $volumes -}}{{- end -}}
{{- end -}}

{{- /* What a mount promises: to be read-only, where it is, and all that is mounted below it too. */ -}}
{{- define "initgate.promise" -}}
{{- $readOnly := .mount.mount.readOnly -}}
{{- range .plan.containerMounts -}}
{{- if and (include "initgate.below" (dict "path" .path "dir" $.mount.path)) (not .mount.readOnly) -}}
{{- $readOnly = false -}}
{{- end -}}
{{- end -}}
{{- $volume := dict "mountPath" .mount.path -}}
{{- if $readOnly -}}{{- $_ := set $volume "readOnly" true -}}{{- end -}}
{{- toJson $volume -}}
{{- end -}}
