import { type Size } from 'aws-cdk-lib';
import { type IVpc } from 'aws-cdk-lib/aws-ec2';
import { type ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { type ContainerExposure } from './container-exposure';
import { type Firewall } from '../posture';

/** Options of `Transport.container`. */
export interface ContainerOptions {
  /** Who can reach the load balancer, and how. */
  readonly exposure: ContainerExposure;

  /**
   * The VPC of the load balancer and the tasks. It needs private subnets with a way out, and public ones where the internet is let in.
   *
   * @default - the posture's, or one of two zones with one NAT gateway is made
   */
  readonly vpc?: IVpc;

  /**
   * What the tasks run on: an image with Node.js 24 for arm64 as `node`. The chat's code is not in it, a task fetches it when it starts.
   *
   * @default - `public.ecr.aws/docker/library/node:24-bookworm-slim`
   */
  readonly image?: ContainerImage;

  /**
   * CPU units of a task; 1024 are one processor, of which Node.js uses no more.
   *
   * @default 1024
   */
  readonly cpu?: number;

  /**
   * Memory of a task, as much as Fargate has for its CPU units.
   *
   * @default - two MiB for each CPU unit
   */
  readonly memory?: Size;

  /**
   * Least tasks, at least 1; two stand in two zones.
   *
   * @default 2
   */
  readonly minTasks?: number;

  /**
   * Most tasks; they are added where the processors of those that run are more than 60 percent busy.
   *
   * @default 10
   */
  readonly maxTasks?: number;

  /**
   * Origins of the web pages that may call from a browser, like `https://chat.example.com`.
   *
   * @default - none
   */
  readonly corsOrigins?: string[];

  /**
   * A firewall in front of the load balancer.
   *
   * @default - as the posture says: none, or `Firewall.managed()`
   */
  readonly firewall?: Firewall;
}
