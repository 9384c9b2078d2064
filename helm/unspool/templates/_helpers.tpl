{{- define "unspool.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "unspool.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "unspool.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "unspool.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "unspool.selectorLabels" -}}
app.kubernetes.io/name: {{ include "unspool.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "unspool.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "unspool.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "unspool.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "unspool.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "unspool.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "unspool.databaseSecret" -}}
{{- if .Values.database.existingSecret }}
{{- .Values.database.existingSecret }}
{{- else if .Values.database.url }}
{{- printf "%s-database" (include "unspool.fullname" .) }}
{{- end }}
{{- end }}

{{- define "unspool.adminSecret" -}}
{{- default (printf "%s-admin" (include "unspool.fullname" .)) .Values.auth.existingSecret }}
{{- end }}

{{- /* Options that other values decide: naming them under `config` would be a contradiction. */}}
{{- define "unspool.checkValues" -}}
{{- if and .Values.tls.clientCaSecret (not .Values.tls.existingSecret) }}
{{- fail "tls.clientCaSecret needs tls.existingSecret, the server's own certificate." }}
{{- end }}
{{- if and .Values.database.url .Values.database.existingSecret }}
{{- fail "Give database.url or database.existingSecret, not both." }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
{{- fail "ingress.enabled needs ingress.hosts." }}
{{- end }}
{{- end }}

{{/* The names by which HTTP reaches the server: the Service's, and the Ingress's. */}}
{{- define "unspool.hosts" -}}
{{- $name := include "unspool.fullname" . -}}
{{- $service := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts := list $name $service (printf "%s.svc" $service) (printf "%s.svc.cluster.local" $service) -}}
{{- if .Values.ingress.enabled -}}
{{- $hosts = concat $hosts .Values.ingress.hosts -}}
{{- end -}}
{{- join "," $hosts -}}
{{- end }}
