import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, loopbackCertificate } from './elasticache/certificate';

/** What proves the caches and databases of this machine, and the file by which those trust it who connect. */
export function localCertificate(workDirectory: string): { readonly certificate: Certificate; readonly file: string } {
  const certificate = loopbackCertificate();
  const file = join(workDirectory, 'certificates.pem');
  writeFileSync(file, certificate.cert);
  return { certificate, file };
}
