{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /*
initgate.workload          a whole workload with the gate in it, and its ConfigMap. Takes a dictionary:

  values    this chart's values: .Values.initgate
  workload  a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob without the gate,
            as a dictionary

For charts that put the parts together themselves; these take the same dictionary:

  name     name of the workload: the ConfigMap is called NAME-policy-HASH
  values   this chart's values: .Values.initgate
  pod      the pod's spec without the gate, as a dictionary
  labels, namespace          of the ConfigMap, optional

initgate.pod               the pod's spec with the gate in it
initgate.configMap         the ConfigMap with the policy, one for each gate
initgate.podFailurePolicy  for a Job: exit codes 1 and 2 of the gate fail it at once, 3 is retried
initgate.initContainers    the gate's init containers alone, a list
initgate.volumes           the gate's volumes alone, a list
initgate.annotations       for the pod: which container the gate answers for, as admission asks
*/ -}}

{{- define "initgate.workload" -}}
{{- if not (and (kindIs "map" .workload) (kindIs "map" .values)) -}}
{{- fail "initgate: initgate.workload was called without its dictionary: give it values (.Values.initgate) and workload (a dictionary)." -}}
{{- end -}}
{{- include "initgate.requireYaml" (dict "what" "workload" "value" .workload) -}}
{{- $workload := deepCopy .workload -}}
{{- $kind := $workload.kind | toString -}}
{{- if not (has $kind (list "Pod" "Deployment" "StatefulSet" "DaemonSet" "ReplicaSet" "Job" "CronJob")) -}}
{{- fail (printf "initgate: initgate.workload does not know where a %s has its pod: use initgate.pod and initgate.configMap." $kind) -}}
{{- end -}}
{{- $metadata := $workload.metadata | default dict -}}
{{- $job := $workload -}}
{{- if eq $kind "CronJob" -}}{{- $job = dig "spec" "jobTemplate" dict $workload -}}{{- end -}}
{{- $holder := $job -}}
{{- if ne $kind "Pod" -}}{{- $holder = dig "spec" "template" dict $job -}}{{- end -}}
{{- $gate := dict "name" $metadata.name "values" .values "pod" $holder.spec "labels" $metadata.labels "namespace" $metadata.namespace -}}
{{- include "initgate.annotate" (dict "gate" $gate "holder" $holder) -}}
{{- $_ := set $holder "spec" (include "initgate.pod" $gate | fromYaml) -}}
{{- if and (has $kind (list "Job" "CronJob")) (eq (toString $holder.spec.restartPolicy) "Never") (not (hasKey $job.spec "podFailurePolicy")) -}}
{{- $_ := set $job.spec "podFailurePolicy" (include "initgate.podFailurePolicy" $gate | fromYaml) -}}
{{- end -}}
{{- include "initgate.configMap" $gate }}
---
{{ toYaml $workload }}
{{- end -}}

{{- /* What initgate.annotations gives, in the metadata of .holder, a Pod or a pod's template. */ -}}
{{- define "initgate.annotate" -}}
{{- $metadata := .holder.metadata | default dict -}}
{{- $annotations := $metadata.annotations | default dict -}}
{{- $main := (include "initgate.plan" .gate | fromJson).main.name -}}
{{- $said := get $annotations "initgate.dev/container" | default $main -}}
{{- if ne $said $main -}}
{{- fail (printf "initgate: the pod has the annotation initgate.dev/container: %s, and the gate judges container %s: leave the annotation out, and give further containers a gate by initgate.otherContainers." $said $main) -}}
{{- end -}}
{{- with include "initgate.annotations" .gate | fromYaml -}}
{{- $_ := set $metadata "annotations" (merge $annotations .) -}}
{{- $_ := set $.holder "metadata" $metadata -}}
{{- end -}}
{{- end -}}

{{- define "initgate.pod" -}}
{{- $pod := deepCopy .pod -}}
{{- $init := concat ($pod.initContainers | default list)
      (include "initgate.initContainers" . | fromYamlArray) -}}
{{- $volumes := concat ($pod.volumes | default list)
      (include "initgate.volumes" . | fromYamlArray) -}}
{{- $_ := set $pod "initContainers" $init -}}
{{- $_ := set $pod "volumes" $volumes -}}
{{- toYaml $pod -}}
{{- end -}}

{{- define "initgate.configMap" -}}
{{- range $index, $plan := (include "initgate.plans" . | fromJson).plans -}}
{{- if $index }}
---
{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $plan.configMap }}
  {{- with $.namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- with $.labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
# A new policy is a new ConfigMap, so a pod's policy never changes under it and a changed one rolls
# the pods.
immutable: true
data:
  policy.json: {{ toJson $plan.policy | quote }}
{{- end -}}
{{- end -}}

{{- define "initgate.podFailurePolicy" -}}
rules:
{{- range $suffix := prepend (keys (.values.otherContainers | default dict) | sortAlpha) "" }}
  - action: FailJob
    onExitCodes:
      containerName: {{ list "gate" $suffix | compact | join "-" }}
      operator: In
      values: [1, 2]
{{- end }}
{{- end -}}

{{- /* Without it, admission takes the pod's first container for the gated one; and a webhook may put
another in front. */ -}}
{{- define "initgate.annotations" -}}
initgate.dev/container: {{ (include "initgate.plan" . | fromJson).main.name }}
{{- end -}}

{{- define "initgate.initContainers" -}}
{{- $containers := list -}}
{{- range (include "initgate.plans" . | fromJson).plans -}}
{{- if and (eq .pattern "sameImage") (not .suffix) -}}
{{- $containers = append $containers (include "initgate.installContainer" . | fromYaml) -}}
{{- end -}}
{{- $containers = append $containers (include "initgate.gateContainer" . | fromYaml) -}}
{{- end -}}
{{- toYaml $containers -}}
{{- end -}}

{{- define "initgate.volumes" -}}
{{- range (include "initgate.plans" . | fromJson).plans -}}
{{- if and (eq .pattern "sameImage") (not .suffix) }}
- name: initgate
  emptyDir:
    sizeLimit: 16Mi
{{- else if and (eq .pattern "sameImageWithImageVolume") (not .suffix) }}
- name: initgate
  image:
    reference: {{ .image }}
{{- else if eq .pattern "imageVolume" }}
- name: initgate-target{{ .suffix }}
  image:
    reference: {{ .main.image }}
{{- end }}
- name: initgate-policy{{ .suffix }}
  configMap:
    name: {{ .configMap }}
{{- end -}}
{{- end -}}
