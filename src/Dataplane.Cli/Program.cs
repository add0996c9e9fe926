return Dataplane.Cli.CommandLine.Run(args);
