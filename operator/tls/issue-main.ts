/** The process that makes certificates: requests as JSON on standard input, key pairs on standard output. */
import { text } from 'node:stream/consumers';
import type { CertificateRequest } from './certificate.ts';
import { issue } from './issue.ts';

const requests: CertificateRequest[] = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await issue(requests)));
