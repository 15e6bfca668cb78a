/** When backups are due, from the five fields of cron, in UTC. */
import { Cron } from 'croner';
import type { RuneVaultBackup } from '../../crds/operations.ts';
import { SCHEDULED_LABEL } from '../desired/names.ts';

const UTC = { timezone: 'UTC' } as const;

/** Whether there will ever be such a time: not with the 31st of February, nor with minute 99. */
export function isSchedule(schedule: string): boolean {
	try {
		return new Cron(schedule, UTC).nextRun() !== null;
	} catch (error) {
		if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return false;
		throw error;
	}
}

/** Milliseconds since 1970; undefined when there is none. */
export type Due = {
	/** The last time it was due. */
	last: number | undefined;
	/** The time before that. */
	before: number | undefined;
	next: number | undefined;
};

export function dueTimes(schedule: string, now: number): Due {
	const cron = new Cron(schedule, UTC);
	const [last, before] = cron.previousRuns(2, new Date(now));
	return { last: last?.getTime(), before: before?.getTime(), next: cron.nextRun(new Date(now))?.getTime() };
}

/** The name of the backup of one time: the same one whoever makes it, so that there is one. */
export function scheduledName(vault: string, at: number): string {
	return `${vault}-${new Date(at).toISOString().slice(0, 16).replace(/[-T:]/g, '')}`;
}

/** Whether the schedule made it. */
export const isScheduled = ({ metadata }: RuneVaultBackup): boolean => metadata.labels?.[SCHEDULED_LABEL] !== undefined;

/** For when it was made, in milliseconds since 1970; 0 when somebody asked for it. */
export const scheduledAt = ({ metadata }: RuneVaultBackup): number => Number(metadata.labels?.[SCHEDULED_LABEL] ?? 0) || 0;
