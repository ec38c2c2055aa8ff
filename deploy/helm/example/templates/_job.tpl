{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- define "example.template" -}}
template:
  metadata:
    labels: {{- toYaml .labels | nindent 6 }}
  spec: {{- include "initgate.pod" . | nindent 4 }}
{{- end -}}

{{- define "example.jobSpec" -}}
# Three more tries for what may pass by itself; what the gate refused is not tried again.
backoffLimit: 3
podFailurePolicy: {{- include "initgate.podFailurePolicy" . | nindent 2 }}
{{ include "example.template" . }}
{{- end -}}
