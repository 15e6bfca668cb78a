import { attacks } from './requirements/attacks.ts';
import { backups } from './requirements/backup.ts';
import { charts } from './requirements/charts.ts';
import { clients } from './requirements/clients.ts';
import { cluster } from './requirements/cluster.ts';
import { deletion } from './requirements/deletion.ts';
import { docs } from './requirements/docs.ts';
import { faults } from './requirements/faults.ts';
import { fhe } from './requirements/fhe.ts';
import { monitoring } from './requirements/monitoring.ts';
import { operator } from './requirements/operator.ts';
import { outside } from './requirements/outside.ts';
import { platform } from './requirements/platform.ts';
import { runtime } from './requirements/runtime.ts';
import { vault } from './requirements/vault.ts';

/**
 * Every behaviour RuneVault promises: [id, sentence]. A test cites the ids it proves in its title, `[FHE-1] …`, and
 * `test/unit/requirements.test.ts` fails when an id is cited by no test, is here twice, or a cited id is not listed here.
 */
export const requirements: readonly (readonly [id: string, promise: string])[] = [
	fhe,
	vault,
	runtime,
	operator,
	cluster,
	clients,
	attacks,
	outside,
	backups,
	platform,
	docs,
	monitoring,
	charts,
	faults,
	deletion,
].flatMap(Object.entries);
