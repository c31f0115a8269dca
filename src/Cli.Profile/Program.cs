return XePt.Cli.XeptTool.Run(args, Console.Out, Console.Error, new XePt.Cli.Profile.EventPipeReader());
