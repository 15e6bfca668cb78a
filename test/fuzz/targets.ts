/** Every parser of bytes that others write. Seeds are the vendor's vectors, and files of corpus/<target>/ for what has no vector. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTar } from 'nanotar';
import { runeVaultSpecSchema } from '../../crds/runevault.ts';
import { VaultError } from '../../fhe/errors.ts';
import { parseBlob } from '../../fhe/formats/blob.ts';
import { parseEncKey } from '../../fhe/formats/enc-key.ts';
import { parseEncKeyJson, parseEvalKeyJson, parseSecKeyJson } from '../../fhe/formats/envelope.ts';
import { parseEvalKey } from '../../fhe/formats/eval-key.ts';
import { openMetadata } from '../../fhe/formats/metadata.ts';
import { parseQuery } from '../../fhe/formats/query.ts';
import { parseResult } from '../../fhe/formats/result.ts';
import { parseScore } from '../../fhe/formats/score.ts';
import { openBytes, openSealedSecretKey, sealBytes } from '../../fhe/formats/sealed.ts';
import { parseSecretKey, writeSecretKey } from '../../fhe/formats/secret-key.ts';
import { desired } from '../../operator/desired/index.ts';
import { checkSpec } from '../../operator/observe/policies.ts';
import { parseReply } from '../../operator/observe/probe.ts';
import { parseBearer } from '../../vault/auth/bearer.ts';
import { parseVerifiers } from '../../vault/auth/verifiers.ts';
import { readTar } from '../../vault/backup/archive.ts';
import { hostMatcher } from '../../vault/http/guard.ts';
import { parseRange } from '../../vault/http/key-files.ts';
import { parseTarget } from '../../vault/http/target.ts';
import { encKey, file, kek, secretKey } from '../unit/fhe/vectors.ts';
import { inputs, resourceWith } from '../unit/operator/builders.ts';
import { description } from '../unit/vault/backup/archives.ts';
import { teamSecret } from '../unit/vault/builders.ts';
import type { Target } from './engine.ts';

const isVaultError = (error: unknown) => error instanceof VaultError;
const never = () => false;
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function corpusOf(target: string): Uint8Array[] {
	const directory = join(import.meta.dirname, 'corpus', target);
	return readdirSync(directory).map(name => Uint8Array.from(readFileSync(join(directory, name))));
}

const binary = (name: string, run: (bytes: Uint8Array) => unknown, ...seeds: Uint8Array[]): Target => ({
	name,
	seeds,
	run,
	isAllowed: isVaultError,
});
const text = (name: string, run: (text: string) => unknown, isAllowed: Target['isAllowed'] = isVaultError): Target => ({
	name,
	seeds: corpusOf(name),
	isAllowed,
	run: bytes => run(textOf(bytes)),
});

/** What a backup encrypts: a manifest and a part. */
function backupTar(): Uint8Array {
	const parts = [{ name: 'kek', bytes: 4, sha256: '9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a' }];
	const manifest = { format: 1, ...description(), parts };
	return createTar([
		{ name: 'manifest.json', data: JSON.stringify(manifest) },
		{ name: 'kek', data: Uint8Array.of(1, 2, 3, 4) },
	]);
}

/** An archive as small as one can be: a name, a size, and that many bytes. */
function archive(): Uint8Array {
	const name = 'EVIKeys32.bin';
	const head = Buffer.alloc(17 + name.length);
	head.write(`F`, 0);
	head.writeBigUInt64LE(BigInt(name.length), 1);
	head.write(name, 9);
	head.writeBigUInt64LE(64n, 9 + name.length);
	return Uint8Array.from(Buffer.concat([head, Buffer.alloc(64)]));
}

/** A spec that passes makes objects, whatever it says. */
function checkAndBuild(json: string): void {
	let spec: unknown;
	try {
		spec = JSON.parse(json);
	} catch {
		return;
	}
	const checked = checkSpec(resourceWith(spec));
	if (!('spec' in checked)) return;
	runeVaultSpecSchema.parse(checked.spec);
	desired({ name: 'acme', namespace: 'rune', uid: 'u', spec: checked.spec }, inputs());
}

function readHead(lines: string): void {
	const [target = '', host = '', range = ''] = lines.split('\n');
	parseTarget(target);
	hostMatcher(['localhost', '.pods.rune.svc'])(host);
	const parsed = parseRange(range, 1000);
	if (typeof parsed === 'object' && !(parsed.start <= parsed.end && parsed.end < 1000))
		throw new RangeError(`${parsed.start}-${parsed.end}`);
}

export const parsers = (): Target[] => [
	binary('search-result', parseResult, file('result-0.bin'), file('result-3.bin')),
	binary('ciphertext-score', parseScore, file('score-single.pb')),
	binary('query', parseQuery, file('query-384.bin')),
	binary('blob', parseBlob, file('result-0.bin'), file('score-single.pb')),
	binary('sec-key-json', bytes => parseSecKeyJson(bytes, kek()), file('SecKey.json')),
	binary('enc-key-json', parseEncKeyJson, file('EncKey.json')),
	binary('eval-key-json', parseEvalKeyJson, ...corpusOf('eval-key-json')),
	binary('secret-key', parseSecretKey, writeSecretKey(secretKey())),
	binary('enc-key', parseEncKey, encKey().bytes),
	binary('eval-key', parseEvalKey, archive()),
	binary('sealed-key', bytes => openSealedSecretKey(bytes, kek()), file('sealed/SecKey_sealed.bin')),
	binary('sealed-bytes', bytes => openBytes(bytes, kek(), 'x'), sealBytes(new Uint8Array(32), kek(), 'x')),
	binary('backup', bytes => readTar(Uint8Array.from(bytes)), backupTar()),
	text('verifiers', parseVerifiers),
	text('bearer', headers => parseBearer(headers.split('\n')), never),
	text('head', readHead, never),
	text('metadata', envelope => openMetadata(teamSecret, envelope)),
	text('probe-reply', parseReply, error => error instanceof Error && error.message.startsWith('the probe reply ')),
	text('spec', checkAndBuild, never),
];
