// Validation of every template costs thirteen times the synth of a small app; compliance tests turn it on for the examples.
process.env.CDK_VALIDATION ??= 'false';
