{{/* Expressions (CEL) of the admission policies. */}}

{{/* Whoever the values exempt. */}}
{{- define "runevault.isExempt" -}}
{{- with .Values.admissionPolicies.exempt -}}
request.userInfo.username in {{ toJson .users }} || request.userInfo.?groups.orValue([]).exists(group, group in {{ toJson .groups }})
{{- end -}}
{{- end }}

{{- define "runevault.conditions" -}}
- name: not-exempt
  expression: >-
    !({{ include "runevault.isExempt" . }})
{{- end }}

{{/* A key, or the key that it is sealed with. On a delete there is only the old object. */}}
{{- define "runevault.isKeySecret" -}}
request.resource.resource == 'secrets' && (variables.it.?type.orValue('') == 'runevault.io/fhe-key' || variables.name == variables.vault + '-kek')
{{- end }}

{{- define "runevault.variables" -}}
- name: it
  expression: "oldObject != null ? oldObject : object"
# A request to delete all of a kind, as at the end of a namespace, has no name; each object that it would delete has.
- name: name
  expression: "variables.it.metadata.?name.orValue('')"
- name: vault
  expression: "variables.it.metadata.?labels[?'runevault.io/vault'].orValue('')"
- name: isKeySecret
  expression: >-
    {{ include "runevault.isKeySecret" . }}
- name: isDeleteTold
  expression: "variables.it.metadata.?annotations[?'runevault.io/delete'].orValue('') == variables.name"
{{- end }}

{{/* Where a policy holds. */}}
{{- define "runevault.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ .name }}
  labels:
    {{- include "runevault.labels" .root | nindent 4 }}
spec:
  policyName: {{ .name }}
  validationActions: [Deny]
  {{- with .root.Values.watchNamespaces }}
  matchResources:
    namespaceSelector:
      matchExpressions:
        - {key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}
  {{- end }}
{{- end }}
