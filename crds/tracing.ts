/** Where spans of the calls go. */
import { z } from 'zod';

/** A host name or an address, with port and path as wanted; no user, no query. */
const URL_FORM = /^https?:\/\/([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(\/[-a-zA-Z0-9._~/]*)?$/;

export const tracingSchema = z
	.object({
		endpoint: z
			.string()
			.max(512)
			.regex(URL_FORM, 'must be an http or https URL such as http://collector.observability:4318')
			.describe('An OpenTelemetry collector that takes OTLP over HTTP, without /v1/traces, such as `http://collector.observability:4318`.'),
		samplingRatio: z
			.string()
			.max(8)
			.regex(/^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$/, 'must be a number from 0 to 1 such as 0.1')
			.default('1')
			.describe(
				"How many of the calls that are part of no trace are traced, from 0 to 1. A caller's trace is followed as the caller says.",
			),
	})
	.optional();
