{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* The pod as it is without the gate. */ -}}
{{- define "example.pod" -}}
{{- $delivered := eq .Values.initgate.pattern "sharedVolume" -}}
{{- $job := has .Values.kind (list "Job" "CronJob") -}}
automountServiceAccountToken: false
{{- if $job }}
restartPolicy: Never
{{- end }}
{{- if $delivered }}
initContainers:
  - name: deliver
    image: {{ .Values.delivery.image }}
    # Into a folder of its own: everyone may write to the volume's top folder, and the gate would
    # warn of that. -T: a second run overwrites what the first one copied.
    command: [cp, -rT, /artifact, /delivery/app]
    # Not the server's own user: what this user writes, the server cannot change.
    securityContext:
      runAsUser: 65532
      runAsGroup: 65532
      {{- include "example.restricted" . | nindent 6 }}
    resources: {{- include "example.resources" . | nindent 6 }}
    volumeMounts:
      - name: delivery
        mountPath: /delivery
{{- end }}
containers:
  - name: server
    image: {{ ternary .Values.delivery.runtime (printf "%s@%s" .Values.image.repository .Values.image.digest) $delivered }}
    # -d: stay in the foreground; a Job only asks for the version.
    command: [/app/server, {{ ternary "-v" "-d" $job }}]
    securityContext:
      runAsUser: 1001
      runAsGroup: 1001
      {{- include "example.restricted" . | nindent 6 }}
    resources: {{- include "example.resources" . | nindent 6 }}
    volumeMounts:
      {{- if $delivered }}
      - name: delivery
        mountPath: /app
        subPath: app
        readOnly: true
      {{- end }}
      - name: tmp
        mountPath: /tmp
volumes:
  {{- if $delivered }}
  - name: delivery
    emptyDir:
      sizeLimit: 256Mi
  {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 16Mi
{{- end -}}

{{- define "example.restricted" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "example.resources" -}}
requests:
  cpu: 50m
  memory: 32Mi
limits:
  cpu: "1"
  memory: 128Mi
{{- end -}}

{{- define "example.labels" -}}
app.kubernetes.io/name: {{ .Release.Name }}
{{- end -}}

{{- /* What every template of the gate takes. */ -}}
{{- define "example.gate" -}}
{{- dict "name" .Release.Name "values" .Values.initgate "pod" (include "example.pod" . | fromYaml) "labels" (include "example.labels" . | fromYaml) | toJson -}}
{{- end -}}
