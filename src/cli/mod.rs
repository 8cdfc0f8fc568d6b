//! The command line: clap definitions only, one file a verb, the shared flag groups, completion.
