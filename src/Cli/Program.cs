using System.CommandLine;
using XePt.Cli.Commands;

return new RootCommand("The Xe VM-bind and page-table engine on the command line.") { VerifyCommand.Create() }.Parse(args).Invoke();
