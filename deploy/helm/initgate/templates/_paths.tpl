{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* Paths are compared as text, so each is brought into one form first, or refused. */ -}}

{{- /* The schema holds the policy's volumes to this form. The gate would take a relative program from
its own working directory. */ -}}
{{- define "initgate.requirePaths" -}}
{{- range $list := list "binaries" "files" -}}
{{- range $index, $entry := get $.policy $list | default list -}}
{{- if not (and (isAbs $entry.path) (eq (clean $entry.path) $entry.path)) -}}
{{- fail (printf "initgate: %s.%s[%d].path is %q: write an absolute path without \".\", \"..\", \"//\" and a final slash." $.key $list $index $entry.path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The mounts of the container .main: {"mounts": [{"path": in that form, "mount": as written}]}.
Kubernetes takes "/data/" as it takes "/data"; where ".." leads depends on links in the image. */ -}}
{{- define "initgate.mountsOf" -}}
{{- $mounts := list -}}
{{- $paths := list -}}
{{- range .main.volumeMounts -}}
{{- if or (not (isAbs .mountPath)) (has ".." (splitList "/" .mountPath)) (eq (clean .mountPath) "/") -}}
{{- fail (printf "initgate: container %s has a mountPath %q: write an absolute path without \"..\", below \"/\"." $.main.name .mountPath) -}}
{{- end -}}
{{- $path := clean .mountPath -}}
{{- if has $path $paths -}}
{{- fail (printf "initgate: container %s mounts %s twice: remove one of the two." $.main.name $path) -}}
{{- end -}}
{{- $paths = append $paths $path -}}
{{- $mounts = append $mounts (dict "path" $path "mount" .) -}}
{{- end -}}
{{- dict "mounts" $mounts | toJson -}}
{{- end -}}

{{- /* "true" where .path is .dir or lies below it. */ -}}
{{- define "initgate.below" -}}
{{- if or (eq .path .dir) (hasPrefix (printf "%s/" (trimSuffix "/" .dir)) .path) -}}true{{- end -}}
{{- end -}}

{{- /* The mount of the main container that holds .path, as mountsOf gives it: the innermost; empty
where none does. */ -}}
{{- define "initgate.mountOf" -}}
{{- $found := dict "path" "" -}}
{{- range .plan.containerMounts -}}
{{- if and (include "initgate.below" (dict "path" $.path "dir" .path)) (gt (len .path) (len $found.path)) -}}
{{- $found = . -}}
{{- end -}}
{{- end -}}
{{- with $found.path -}}{{- toJson $found -}}{{- end -}}
{{- end -}}
