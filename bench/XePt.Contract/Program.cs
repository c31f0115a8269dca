using XePt.Bench.Contract;

if (args is not [EventSourceSwitch.Verb])
    return ContractCommand.Run(args);
EventSourceSwitch.PrintPairTime();
return 0;
