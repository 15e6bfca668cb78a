{{- define "runevault.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}{{ else if contains "runevault" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-runevault" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "runevault.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "runevault.name" .) }}
{{- end }}

{{- define "runevault.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "runevault.selector" -}}
app.kubernetes.io/name: runevault
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "runevault.testSelector" -}}
app.kubernetes.io/name: runevault
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- define "runevault.labels" -}}
{{ include "runevault.selector" . }}
app.kubernetes.io/part-of: runevault
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Names of what belongs to no namespace: two releases must not meet there. */}}
{{- define "runevault.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "runevault.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "runevault.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "runevault.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Nothing is opened that is not named: the program's code, and its account. */}}
{{- define "runevault.nodeFlags" -}}
- --permission
- --allow-fs-read=/app/
- --allow-fs-read=/var/run/secrets/kubernetes.io/serviceaccount/
- --allow-fs-read=/proc/self/
- --disable-proto=delete
- --disable-sigusr1
{{- end }}
