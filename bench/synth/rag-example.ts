import { App } from 'aws-cdk-lib';
import { ManagedRagStack } from '../../examples/managed-rag';

const app = new App();
new ManagedRagStack(app, 'ManagedRag');
app.synth();
