import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';

/** The key of a stack, shared by all its constructs: a key costs by the month, and its policy is easier to review once. */
export class StackKey extends Construct {
  public static of(scope: IConstruct): StackKey {
    const stack = Stack.of(scope);
    return (stack.node.tryFindChild('PostureKey') as StackKey | undefined) ?? new StackKey(stack, 'PostureKey');
  }

  /** Whether it is the key that was made for its stack, not one that was given. */
  public static made(scope: IConstruct, key: IKey): boolean {
    return (Stack.of(scope).node.tryFindChild('PostureKey') as StackKey | undefined)?.key === key;
  }

  public readonly key: Key;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Key', { description: 'Encrypts conversations, logs and backups', enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });
  }
}
