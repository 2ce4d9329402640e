import type { ContainerService } from './definition';
import { accessKeyOf } from '../principals';

/** Where a task asks for its credentials. */
export const credentialsPath = ({ roleArn }: ContainerService) => `/local/credentials/${accessKeyOf(roleArn)}`;

/** What the agent beside a task answers: the credentials of the task's role. */
export function credentialsOf(containers: readonly ContainerService[]): Record<string, () => object> {
  return Object.fromEntries(containers.map((service) => [credentialsPath(service), () => ({
    AccessKeyId: accessKeyOf(service.roleArn), SecretAccessKey: 'local', Token: 'local', Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  })]));
}
