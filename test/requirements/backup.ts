/** What is promised of backups and restores: in archives, of the operator, and on the command line. */
export const backups = {
	'BKP-1': 'An archive is one age file with one tar inside, opens with the identity of each recipient to what went in, and is wiped after',
	'BKP-2':
		'An archive for somebody else, cut short, damaged (by the name of the part), newer or not there is refused, each with its own error; an identity is never quoted',
	'BKP-3': 'Any bytes in the place of what an archive holds give a value or a VaultError',
	'BKP-4': 'On a volume an archive is whole or not there, wherever it is interrupted; nothing else is listed',
	'BKP-5':
		'The oldest archives are removed until as many are left as are to be kept: only once the new one is proved, and never the new one',
	'BKP-6': 'In a bucket of an S3 server the same holds; a server that is not trusted, not there or refuses is told by its reason alone',
	'BKP-7': 'A backup holds keys, KEK, tokens, verifiers, CA, canary and resource; a key that would not open or be proved is not backed up',
	'BKP-8': 'A drill loads the key of an archive as a Vault does, decrypts a canary of the vault and tells the fingerprint',
	'BKP-9':
		'A restore brings back what is lost, with the same key, tokens and CA; interrupted anywhere and run again it ends in the same state',
	'BKP-10': 'A restore refuses another vault, fingerprint, key or KEK, and objects of others; what exists stays',
	'BKP-11': 'A KEK that is a file is not in the archive',
	'BKP-12': 'A wrong option or recipient is one line that names it',
	'BKP-13': 'The throw-away identity of a backup is made once, opens its archive, and is never taken from a Secret of somebody else',
	'OPR-110':
		'A RuneVaultBackup is archived by one Job and proved by another, whose throw-away identity and rights go with them; its status tells each step',
	'OPR-111': 'A backup or drill that fails tells why in a sentence of ours, no text of a pod; one that ended without a word is made again',
	'OPR-112': 'One operation at a time a vault; a backup waits for the one before it, for a key, a rotation and a rollout',
	'OPR-113': 'The specs of RuneVaultBackup and RuneVaultRestore are immutable; a bad recipient, destination or schedule is refused by name',
	'OPR-114': 'A schedule makes one backup a time it is due, the first at once, and takes away those beyond the ones to keep',
	'OPR-115': 'BackupCurrent is True while the last proved backup is not older than the schedule before the last',
	'OPR-116':
		'A restore brings a RuneVault back that is gone; while it is under way nothing else of the vault is written, no token or key made',
	'OPR-117':
		'A restore waits for its backup, its identity and what is under way, hands the recorded fingerprint on, and tells why it failed',
	'OPR-130': 'Metrics tell when the last backup of a vault was made, and when one was proved',
	'OPR-131': 'With deletionPolicy Delete whose annotation does not hold the name of the vault, keys stay and the field is named',
	'OPR-132': 'Confirmed, key and KEK go with their RuneVault; taken back, they stay',
	'OPR-133': 'A foreign Secret in the place of the key is left alone and named, and no key is made beside it',
	'CLU-40': 'On a real cluster a Job writes an archive and another proves it, and neither rights nor identity stay',
	'CLU-41':
		'After the loss of its namespace a RuneVault comes back from an archive: the client of before goes on, and gets the same answer',
	'CLU-42': 'Whatever of Job, operator and pods is killed while schedules make backups, every archive that is listed opens and decrypts',
	'CLI-60': 'kubectl runevault backup create asks for a backup and waits until it is proved; backup list tells how far each has come',
	'CLI-61': 'kubectl runevault restore asks for a restore from a backup and waits; what went wrong is one line, and no Secret is read',
} as const satisfies Record<string, string>;
