// Validation of every template costs thirteen times the synth of a small app; compliance tests turn it on for the examples.
process.env.CDK_VALIDATION ??= 'false';
// aws-cdk-lib calls deprecated props of its own.
process.env.JSII_DEPRECATED ??= 'quiet';
