/** Whether calls are traced, and where to: what the configuration says, or else the variable that every OpenTelemetry program reads. */
import { VaultError } from '../../fhe/errors.ts';
import type { VaultConfig } from '../config.ts';
import type { Log } from '../log.ts';
import type { Tracing, TracingSettings } from './otlp.ts';

const VARIABLE = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/**
 * @returns undefined when calls are not traced, which is usual
 * @throws VaultError `invalid_argument` when the variable holds no http or https URL
 */
export function tracingSettings({ tracing }: Pick<VaultConfig, 'tracing'>, env: NodeJS.ProcessEnv): TracingSettings | undefined {
	if (tracing !== undefined) return { endpoint: tracing.endpoint, samplingRatio: Number(tracing.samplingRatio) };
	const endpoint = env[VARIABLE];
	if (endpoint === undefined || endpoint === '') return undefined;
	if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
		throw new VaultError('invalid_argument', `${VARIABLE} must be an http or https URL`, { field: VARIABLE });
	}
	return { endpoint, samplingRatio: 1 };
}

/** OpenTelemetry's packages are loaded only here, and only when there is somewhere to send spans. */
export async function startTracing(config: VaultConfig, pod: string, log: Log): Promise<Tracing | undefined> {
	const settings = tracingSettings(config, process.env);
	if (settings === undefined) return undefined;
	const { createTracing } = await import('./otlp.ts');
	return createTracing(settings, { vault: config.vault, namespace: config.namespace, pod }, log);
}
