{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* The gate's containers, from the plan of _plan.tpl. */ -}}

{{- /* Copies the gate onto its volume; not as the application's user, which could exchange it. */ -}}
{{- define "initgate.installContainer" -}}
name: install-gate
image: {{ .image }}
args: [install, /gate/initgate]
securityContext: {{- include "initgate.securityContext" .own | nindent 2 }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - name: initgate
    mountPath: /gate
{{- end -}}

{{- define "initgate.gateContainer" -}}
{{- $sameImage := hasPrefix "sameImage" .pattern -}}
{{- $words := list "verify" -}}
{{- if $sameImage -}}
{{- $words = prepend $words "/gate/initgate" -}}
{{- else if eq .pattern "imageVolume" -}}
{{- $words = concat $words (list "--root" "/target") -}}
{{- end -}}
{{- $words = concat $words (list "--policy" "/etc/initgate/policy.json") -}}
{{- if .warnOnly -}}
{{- $words = append $words "--warn-only" -}}
{{- end -}}
{{- range .main.volumeMounts -}}
{{- $words = append $words (printf "--container-mount=%s" (replace "$" "$$" .mountPath)) -}}
{{- end -}}
name: gate{{ .suffix }}
image: {{ ternary .main.image .image $sameImage }}
{{ ternary "command" "args" $sameImage }}: {{ toJson $words }}
terminationMessagePolicy: File
securityContext: {{- include "initgate.securityContext" (ternary .own .application (eq .pattern "sharedVolume")) | nindent 2 }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
{{- if eq .pattern "imageVolume" }}
  - name: initgate-target{{ .suffix }}
    mountPath: /target
    readOnly: true
{{- end }}
{{- with .mounts }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $sameImage }}
  - name: initgate
    mountPath: /gate
    readOnly: true
{{- end }}
  - name: initgate-policy{{ .suffix }}
    mountPath: /etc/initgate
    readOnly: true
{{- end -}}

{{- /* Meets Pod Security "restricted" whatever the pod's own context says. Root is the one thing
that it cannot take back: an application that runs as root is judged as root. */ -}}
{{- define "initgate.securityContext" -}}
{{- $context := pick . "runAsUser" "runAsGroup" "seLinuxOptions" "appArmorProfile" -}}
{{- $_ := set $context "runAsNonRoot" (ne (int64 .runAsUser) 0) -}}
{{- $_ := set $context "allowPrivilegeEscalation" false -}}
{{- $_ := set $context "readOnlyRootFilesystem" true -}}
{{- $_ := set $context "capabilities" (dict "drop" (list "ALL")) -}}
{{- $_ := set $context "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml $context -}}
{{- end -}}
