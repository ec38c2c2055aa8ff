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
  labels   labels for the ConfigMap, optional

initgate.pod               the pod's spec with the gate in it
initgate.configMap         the ConfigMap with the policy
initgate.podFailurePolicy  for a Job: exit codes 1 and 2 of the gate fail it at once, 3 is retried
initgate.initContainers    the gate's init containers alone, a list
initgate.volumes           the gate's volumes alone, a list
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
{{- $gate := dict "name" $metadata.name "values" .values "pod" $holder.spec "labels" $metadata.labels -}}
{{- $_ := set $holder "spec" (include "initgate.pod" $gate | fromYaml) -}}
{{- if and (has $kind (list "Job" "CronJob")) (eq (toString $holder.spec.restartPolicy) "Never") (not (hasKey $job.spec "podFailurePolicy")) -}}
{{- $_ := set $job.spec "podFailurePolicy" (include "initgate.podFailurePolicy" $gate | fromYaml) -}}
{{- end -}}
{{- $configMap := include "initgate.configMap" $gate | fromYaml -}}
{{- with $metadata.namespace -}}{{- $_ := set $configMap.metadata "namespace" . -}}{{- end -}}
{{- toYaml $configMap }}
---
{{ toYaml $workload }}
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
{{- $plan := include "initgate.plan" . | fromJson -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $plan.configMap }}
  {{- with .labels }}
  labels: {{- toYaml . | nindent 4 }}
  {{- end }}
# A new policy is a new ConfigMap, so a pod's policy never changes under it and a changed one rolls
# the pods.
immutable: true
data:
  policy.json: {{ toJson $plan.policy | quote }}
{{- end -}}

{{- define "initgate.podFailurePolicy" -}}
rules:
  - action: FailJob
    onExitCodes:
      containerName: gate
      operator: In
      values: [1, 2]
{{- end -}}

{{- define "initgate.initContainers" -}}
{{- $plan := include "initgate.plan" . | fromJson -}}
{{- $containers := list -}}
{{- if eq $plan.pattern "sameImage" -}}
{{- $containers = append $containers (include "initgate.installContainer" $plan | fromYaml) -}}
{{- end -}}
{{- toYaml (append $containers (include "initgate.gateContainer" $plan | fromYaml)) -}}
{{- end -}}

{{- define "initgate.volumes" -}}
{{- $plan := include "initgate.plan" . | fromJson -}}
{{- if eq $plan.pattern "sameImage" }}
- name: initgate
  emptyDir:
    sizeLimit: 16Mi
{{- else if eq $plan.pattern "sameImageWithImageVolume" }}
- name: initgate
  image:
    reference: {{ $plan.image }}
{{- else if eq $plan.pattern "imageVolume" }}
- name: initgate-target
  image:
    reference: {{ $plan.main.image }}
{{- end }}
- name: initgate-policy
  configMap:
    name: {{ $plan.configMap }}
{{- end -}}
