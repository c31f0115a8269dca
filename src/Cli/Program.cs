return XePt.Cli.XeptTool.Run(args, Console.Out, Console.Error);
