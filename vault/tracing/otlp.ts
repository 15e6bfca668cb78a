/**
 * Spans to a collector, by OTLP over HTTP. Nothing of it stands in the way of a call: a finished span goes into a bounded queue, and
 * when the collector is slow or away the queue is full and spans are dropped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
	BatchSpanProcessor,
	ParentBasedSampler,
	type SpanExporter,
	TraceIdRatioBasedSampler,
	TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../log.ts';
import { version } from '../version.ts';
import type { TraceParent } from './context.ts';
import type { FinishedSpan } from './span.ts';

export type TracingSettings = {
	/** The collector, without the path `/v1/traces`. */
	readonly endpoint: string;
	/** Of the calls that belong to no trace yet, from 0 to 1; a caller's trace is followed or not as the caller says. */
	readonly samplingRatio: number;
};

export type Tracing = {
	record(span: FinishedSpan): void;
	/** Sends what is queued, for half a second at most. */
	close(): Promise<void>;
};

/** Spans that wait, the parts of calls among them. */
const MAX_QUEUE = 2048;
const MAX_BATCH = 256;
const SEND_EVERY_MS = 2000;
/** For one batch, all attempts. */
const SEND_TIMEOUT_MS = 5000;
const FLUSH_MS = 500;
const MAX_ATTRIBUTE_LENGTH = 256;

export type Origin = { readonly vault: string; readonly namespace: string; readonly pod: string };

export function createTracing({ endpoint, samplingRatio }: TracingSettings, { vault, namespace, pod }: Origin, log: Log): Tracing {
	const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
	const exporter = told(new OTLPTraceExporter({ url, timeoutMillis: SEND_TIMEOUT_MS }), log);
	const provider = new TracerProvider({
		resource: resourceFromAttributes({
			'service.name': 'runevault',
			'service.version': version,
			'service.instance.id': pod,
			'k8s.namespace.name': namespace,
			'k8s.pod.name': pod,
			'runevault.vault': vault,
		}),
		sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplingRatio) }),
		spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
		spanProcessors: [
			new BatchSpanProcessor({
				exporter,
				maxQueueSize: MAX_QUEUE,
				maxExportBatchSize: MAX_BATCH,
				scheduledDelayMillis: SEND_EVERY_MS,
				exportTimeoutMillis: SEND_TIMEOUT_MS,
			}),
		],
	});
	const tracer = provider.getTracer('runevault', version);
	return {
		record({ name, startedAt, endedAt, attributes, isError, parent, link, phases }) {
			const links = link === undefined ? [] : [{ context: spanContext(link) }];
			const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: startedAt, attributes, links }, contextOf(parent));
			if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
			const within = trace.setSpan(ROOT_CONTEXT, span);
			for (const phase of phases) tracer.startSpan(phase.name, { startTime: phase.startedAt }, within).end(phase.endedAt);
			span.end(endedAt);
		},
		async close() {
			const flushed = provider.shutdown().catch(() => undefined);
			await Promise.race([flushed, sleep(FLUSH_MS, undefined, { ref: false })]);
		},
	};
}

function contextOf(parent: TraceParent | undefined): Context {
	return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext(parent));
}

const spanContext = ({ traceId, spanId, isSampled }: TraceParent) => ({
	...{ traceId, spanId, isRemote: true },
	traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
});

/** Says in the log when spans begin to be lost and when they arrive again, and not for each batch. */
function told(exporter: SpanExporter, log: Log): SpanExporter {
	let isFailing = false;
	return {
		export(spans, done) {
			exporter.export(spans, result => {
				const { error } = result;
				if ((error !== undefined) !== isFailing) {
					isFailing = error !== undefined;
					if (isFailing) log.warn({ problem: String(Object(error).code ?? error?.name) }, 'the collector takes no spans; they are dropped');
					else log.info('the collector takes spans again');
				}
				done(result);
			});
		},
		shutdown: () => exporter.shutdown(),
	};
}
