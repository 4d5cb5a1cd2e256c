"""Where the time of a request goes, for a collector of OpenTelemetry. Off unless one is named."""
