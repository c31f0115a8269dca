return XePt.Bench.Contract.ContractCommand.Run(args);
