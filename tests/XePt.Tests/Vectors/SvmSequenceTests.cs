using System.Text.Json.Nodes;

namespace XePt.Tests.Vectors;

/// <summary>Sequences of the kinds of the recorded ones that none of them happens to have.</summary>
public sealed class SvmSequenceTests : IDisposable
{
    private const string Block = "\"0x7f0000200000\",\"0x7f0000400000\"";
    private const string Plain = "\"obj\":0,\"off\":\"0x0\",\"region\":0,\"pat\":2";
    private const string Null =
        "{\"do\":\"bind\",\"op\":0,\"flags\":\"0x4\",\"addr\":\"0x7f0000200000\",\"range\":\"0x200000\"," + Plain + "}";
    private const string MirrorVma = "[\"0x0\",\"0x1000000000000\",\"FLAGS\",-1,\"0x0\",0,2,2,0,0,-1,0,0]";

    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Rule("SVM-097")]
    [Fact]
    public void The_order_of_an_entry_is_that_of_when_it_was_collected()
    {
        const string small = "[[\"0x7f0000210000\",\"0x7f0000220000\",\"d\",-1,[[\"s\",16,ORDER]],1,0]]";
        string collected = small.Replace("ORDER", "4", StringComparison.Ordinal);
        string split = small.Replace("ORDER", "0", StringComparison.Ordinal);
        string attributes = Vmas("[\"0x0\",\"0x7f0000210000\",\"M\",-1,\"0x0\",0,2,2,0,0,-1,0,0]",
            "[\"0x7f0000210000\",\"0x7f0000220000\",\"M\",-1,\"0x0\",1,2,2,0,0,-1,0,0]",
            "[\"0x7f0000220000\",\"0x1000000000000\",\"M\",-1,\"0x0\",0,2,2,0,0,-1,0,0]");
        Assert.Equal((0, 0), Replay(
            Step(Bind("0x20"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "M", StringComparison.Ordinal)}]"),
            Step("""{"do":"madvise","start":"0x7f0000210000","range":"0x10000","type":1,"w":[1,0,0,0],"vm":1,"reserved":[0,0]}""",
                attributes),
            Step(Map("shmem"), $"\"cpu\":[[{Block},\"rw\",\"shmem\"]]"),
            Step(Touch, "\"pg\":[[\"0x7f0000200000\",512,\"h\"]]"),
            Step(Fault("read"), "\"pt\":[[\"bind\",\"0x7f0000210000\",\"0x7f0000220000\",1,0,2,1]],"
                + "\"stats\":[{\"svm_pagefault_count\":1,\"svm_64K_pagefault_count\":1}],"
                + $"\"n\":[[\"0x7f0000000000\",\"0x7f0020000000\"]],\"r\":{collected}"),
            Step(Discard("0x7f0000300000", "0x7f0000301000"), "\"ev\":[[\"clear\",\"0x7f0000300000\",\"0x7f0000301000\"]],"
                + "\"pg\":[[\"0x7f0000200000\",256,\"s\"],[\"0x7f0000301000\",255,\"s\"]]"),
            Step(Fault("read"),
                "\"stats\":[{\"svm_pagefault_count\":1,\"svm_64K_pagefault_count\":1,\"svm_64K_valid_pagefault_count\":1}]"),
            Step("""{"do":"event","kind":"clear","start":"0x7f0000210000","end":"0x7f0000211000"}""",
                "\"ev\":[[\"clear\",\"0x7f0000210000\",\"0x7f0000211000\"]],\"tlb\":[[\"0x7f0000210000\",\"0x7f0000220000\",1]],"
                + "\"stats\":[{\"svm_tlb_inval_count\":1}],\"r\":[[\"0x7f0000210000\",\"0x7f0000220000\",\"\",-1,[],1,1]]"),
            Step(Fault("read"), "\"pt\":[[\"bind\",\"0x7f0000210000\",\"0x7f0000220000\",1,0,2,1]],"
                + $"\"stats\":[{{\"svm_pagefault_count\":1,\"svm_64K_pagefault_count\":1}}],\"r\":{split}")));
    }

    [Rule("HST-011")]
    [Theory]
    [InlineData("shmem")]
    [InlineData("file")]
    public void What_is_discarded_becomes_huge_again(string kind)
    {
        string huge = "\"pg\":[[\"0x7f0000200000\",512,\"h\"]]", none = $"\"ev\":[[\"clear\",{Block}]],\"pg\":[]";
        string discard = Discard("0x7f0000200000", "0x7f0000400000");
        Assert.Equal((0, 0), Replay(
            Step(Map(kind), $"\"cpu\":[[{Block},\"rw\",\"{kind}\"]]"),
            Step(Touch, huge), Step(discard, none), Step(Touch, huge), Step(discard, none),
            Step("""{"do":"touch","start":"0x7f0000200000","end":"0x7f0000201000","write":1,"huge":0}""",
                "\"pg\":[[\"0x7f0000200000\",1,\"s\"]]"),
            Step(discard, none), Step(Touch, huge)));
    }

    [Rule("FLT-043")]
    [Fact]
    public void A_NULL_mapping_that_is_said_to_be_bound_is_valid()
    {
        string vmas = Vmas("[\"0x0\",\"0x7f0000200000\",\"M\",-1,\"0x0\",0,2,2,0,0,-1,0,0]",
            $"[{Block},\"S\",-1,\"0x0\",0,2,2,0,0,-1,BOUND,0]",
            "[\"0x7f0000400000\",\"0x1000000000000\",\"M\",-1,\"0x0\",0,2,2,0,0,-1,0,0]");
        Assert.Equal((0, 0), Replay(
            Step(Bind("0x20"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "M", StringComparison.Ordinal)}]"),
            Step(Null, vmas.Replace("BOUND", "0", StringComparison.Ordinal)),
            Step("""{"do":"set_bound","addr":"0x7f0000200000","present":1}""", vmas.Replace("BOUND", "1", StringComparison.Ordinal)),
            Step(Fault("write"), "\"stats\":[{\"vma_pagefault_count\":1,\"vma_pagefault_kb\":2048}]")));
    }

    /// <summary>In memory that moves, too: the pages stay in system memory, as the reference leaves them there.</summary>
    [Rule("SVM-047")]
    [Rule("SVM-120")]
    [Theory]
    [InlineData("shmem", "")]
    [InlineData("anon", "m")]
    public void A_write_that_the_entry_does_not_let_pass_is_a_deviation_and_nothing_else_may_differ(string kind, string flags)
    {
        string bound = $"\"pt\":[[\"bind\",{Block},1,1,2,0]],\"n\":[[\"0x7f0000000000\",\"0x7f0020000000\"]],"
            + $"\"r\":[[{Block},\"{flags}d\",-1,[[\"s\",512,9]],1,0]]";
        string[] steps = [
            Step(Bind("0x21"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "RM", StringComparison.Ordinal)}]"),
            Step(Map(kind), $"\"cpu\":[[{Block},\"rw\",\"{kind}\"]]"),
            Step(Touch, "\"pg\":[[\"0x7f0000200000\",512,\"h\"]]"),
            Step("{\"do\":\"bind\",\"op\":4,\"flags\":\"0x0\",\"addr\":\"0x7f0000200000\",\"range\":\"0x200000\"," + Plain + "}", bound),
            Step(Bind("0x20"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "M", StringComparison.Ordinal)}]"),
        ];
        const string valid = "\"svm_pagefault_count\":1,\"svm_2M_pagefault_count\":1,\"svm_2M_valid_pagefault_count\":1";
        Assert.Equal((0, 0), Replay([.. steps, Step(Fault("read"), $"\"stats\":[{{{valid}}}]")]));
        Assert.Equal((0, 1), Replay([.. steps, Step(Fault("write"), $"\"stats\":[{{{valid}}}]")]));
        foreach (string other in (string[])[
            "\"n\":[]", "\"tlb\":[[\"0x7f0000200000\",\"0x7f0000210000\",1]]", $"\"pt\":[[\"bind\",{Block},1,1,2,0]]",
            $"\"r\":[[{Block},\"{flags}d\",-1,[[\"s\",512,9]],1,1]]"])
            Assert.Equal((1, 0), Replay([.. steps, Step(Fault("write"), $"\"stats\":[{{{valid}}}],{other}")]));
        Assert.Equal((1, 0), Replay([.. steps, Step(Fault("write"), "\"stats\":[{\"svm_pagefault_count\":1}]")]));
        Assert.Equal((1, 0), Replay([.. steps, Step(Fault("read"), $"\"stats\":[{{{valid}}}],\"pt\":[[\"bind\",{Block},1,0,2,0]]")]));
    }

    /// <summary>The pages that a userptr had before such a call had pinned it anew are let go of by a change, too.</summary>
    [Rule("UPTR-023")]
    [Rule("UPTR-036")]
    [Rule("PFT-003")]
    [Fact]
    public void A_prefetch_that_moves_the_pages_of_a_userptr_that_it_prefetches_too_leaves_it_without_pages()
    {
        const string mirrors =
            "'vma':[['0x0','0x7f0000001000','M',-1,'0x0',0,2,2,0,0,-1,0,0],['0x7f0000001000','0x7f0000002000','U',-1,"
            + "'0x7f0000000000',0,2,2,0,0,-1,1,STALE],['0x7f0000002000','0x1000000000000','M',-1,'0x0',0,2,2,0,0,-1,0,0]]";
        string bound = mirrors.Replace("STALE", "0", StringComparison.Ordinal);
        string[] steps = [
            Step(Bind("0x20"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "M", StringComparison.Ordinal)}]"),
            "{'in':{'do':'map','start':'0x7f0000000000','end':'0x7f0000001000','prot':'rw','kind':'anon'},"
                + "'out':{'err':0,'cpu':[['0x7f0000000000','0x7f0000001000','rw','anon']]}}",
            "{'in':{'do':'touch','start':'0x7f0000000000','end':'0x7f0000001000','write':1,'huge':0},"
                + "'out':{'err':0,'pg':[['0x7f0000000000',1,'s']]}}",
            "{'in':{'do':'bind','op':2,'flags':'0x2','addr':'0x7f0000001000','range':'0x1000','obj':0,'off':'0x7f0000000000','region':0,"
                + $"'pat':2}},'out':{{'err':0,'pt':[['bind_vma','0x7f0000001000','0x7f0000002000',1]],{bound},"
                + "'up':[['0x7f0000001000','db',-1,[['s',1,0]]]]}}",
            "{'in':{'do':'bind','op':4,'flags':'0x0','addr':'0x7f0000000000','range':'0x2000','obj':0,'off':'0x0','region':1,'pat':2},"
                + "'out':{'err':-11,'ev':[['migrate','0x7f0000000000','0x7f0000001000']],'tlb':[['0x7f0000001000','0x7f0000002000',1]],"
                + "'stats':[{'svm_device_copy_kb':4}],'pg':[['0x7f0000000000',1,'d',0,0]],'n':[['0x7f0000000000','0x7f0020000000']],"
                + "'r':[['0x7f0000000000','0x7f0000001000','mdv',0,[['v',1,0,0,0]],0,0]],'blk':[[0,0,1]],"
                + $"{mirrors.Replace("STALE", "1", StringComparison.Ordinal)},'up':[['0x7f0000001000','sb',-1,[]]]}}}}",
            "{'in':{'do':'gpu_fault','tile':0,'addr':'0x7f0000001000','access':'read'},"
                + "'out':{'err':0,'pt':[['bind_vma','0x7f0000001000','0x7f0000002000',1]],"
                + $"'stats':[{{'vma_pagefault_count':1,'vma_pagefault_kb':4}}],{bound},"
                + "'up':[['0x7f0000001000','dvb',0,[['v',1,0,0,0]]]]}}",
        ];
        Assert.Equal((0, 0), Replay([.. steps.Select(step => step.Replace('\'', '"'))]));
    }

    /// <summary>A fault that has bound nothing in the end says so, though its first turn had come as far as the tables.</summary>
    [Rule("FLT-046")]
    [Rule("UPTR-008")]
    [Fact]
    public void A_fault_whose_userptr_cannot_be_pinned_again_has_bound_nothing()
    {
        const string userptr =
            "'vma':[['0x0','0x100000000000','M',-1,'0x0',0,2,2,0,0,-1,0,0],['0x100000000000','0x100000002000','U',-1,"
            + "'0x7f0000000000',0,2,2,0,0,-1,1,0],['0x100000002000','0x1000000000000','M',-1,'0x0',0,2,2,0,0,-1,0,0]]";
        const string first = "['0x7f0000000000','0x7f0000001000','mdv',0,[['v',1,0,0,0]],1,0]";
        const string second = "['0x7f0000001000','0x7f0000002000','mdv',0,[['v',1,0,1,0]],1,0]";
        const string counts = "'stats':[{'svm_pagefault_count':1,'svm_4K_pagefault_count':1,'svm_4K_migrate_count':1,"
            + "'svm_device_copy_kb':4}]";
        string[] steps = [
            Step(Bind("0x20"), $"\"vma\":[{MirrorVma.Replace("FLAGS", "M", StringComparison.Ordinal)}]"),
            "{'in':{'do':'map','start':'0x7f0000000000','end':'0x7f0000002000','prot':'rw','kind':'anon'},"
                + "'out':{'err':0,'cpu':[['0x7f0000000000','0x7f0000002000','rw','anon']]}}",
            "{'in':{'do':'touch','start':'0x7f0000000000','end':'0x7f0000002000','write':1,'huge':0},"
                + "'out':{'err':0,'pg':[['0x7f0000000000',2,'s']]}}",
            "{'in':{'do':'gpu_fault','tile':0,'addr':'0x7f0000000000','access':'read'},'out':{'err':0,"
                + "'ev':[['migrate','0x7f0000000000','0x7f0000001000']],'pt':[['bind','0x7f0000000000','0x7f0000001000',1,0,2,0]],"
                + counts + ",'pg':[['0x7f0000000000',1,'d',0,0],['0x7f0000001000',1,'s']],"
                + "'n':[['0x7f0000000000','0x7f0020000000']],'r':[" + first + "],'blk':[[0,0,1]]}}",
            "{'in':{'do':'gpu_fault','tile':0,'addr':'0x7f0000001000','access':'read'},'out':{'err':0,"
                + "'ev':[['migrate','0x7f0000001000','0x7f0000002000']],'pt':[['bind','0x7f0000001000','0x7f0000002000',1,0,2,0]],"
                + counts + ",'pg':[['0x7f0000000000',1,'d',0,0],['0x7f0000001000',1,'d',1,0]],"
                + "'r':[" + first + "," + second + "],'blk':[[0,0,1],[1,0,1]]}}",
            "{'in':{'do':'bind','op':2,'flags':'0x2','addr':'0x100000000000','range':'0x2000','obj':0,'off':'0x7f0000000000','region':0,"
                + "'pat':2},'out':{'err':0,'pt':[['bind_vma','0x100000000000','0x100000002000',1]]," + userptr
                + ",'up':[['0x100000000000','dvb',0,[['v',1,0,0,0],['v',1,0,1,0]]]]}}",
            "{'in':{'do':'event','start':'0x7f0000000000','end':'0x7f0000001000','kind':'clear'},'out':{'err':0,"
                + "'ev':[['clear','0x7f0000000000','0x7f0000001000']],"
                + "'tlb':[['0x7f0000000000','0x7f0000001000',1],['0x100000000000','0x100000002000',1]],"
                + "'stats':[{'svm_tlb_inval_count':1}],'r':[['0x7f0000000000','0x7f0000001000','m',-1,[],1,1]," + second + "],"
                + userptr.Replace("1,0],['0x100000002000'", "1,1],['0x100000002000'", StringComparison.Ordinal)
                + ",'up':[['0x100000000000','sb',-1,[]]]}}",
            "{'in':{'do':'gpu_fault','tile':0,'addr':'0x100000000000','access':'read','during':{'before_commit':1,"
                + "'in':{'do':'discard','start':'0x7f0000000000','end':'0x7f0000001000'}}},'out':{'err':-95,"
                + "'ev':[['clear','0x7f0000000000','0x7f0000001000']],'stats':[{'vma_pagefault_count':1,'vma_pagefault_kb':8}],"
                + "'pg':[['0x7f0000000000',1,'s'],['0x7f0000001000',1,'d',1,0]],'blk':[[1,0,1]]}}",
        ];
        Assert.Equal((0, 0), Replay([.. steps.Select(step => step.Replace('\'', '"'))]));
    }

    private const string Touch = "{\"do\":\"touch\",\"start\":\"0x7f0000200000\",\"end\":\"0x7f0000400000\",\"write\":1,\"huge\":1}";

    private static string Bind(string flags) =>
        $"{{\"do\":\"bind\",\"op\":0,\"flags\":\"{flags}\",\"addr\":\"0x0\",\"range\":\"0x1000000000000\",{Plain}}}";

    private static string Map(string kind) =>
        $"{{\"do\":\"map\",\"start\":\"0x7f0000200000\",\"end\":\"0x7f0000400000\",\"prot\":\"rw\",\"kind\":\"{kind}\"}}";

    private static string Discard(string start, string end) => $"{{\"do\":\"discard\",\"start\":\"{start}\",\"end\":\"{end}\"}}";

    private static string Fault(string access) =>
        $"{{\"do\":\"gpu_fault\",\"tile\":0,\"addr\":\"0x7f0000210000\",\"access\":\"{access}\"}}";

    private static string Vmas(params string[] vmas) => $"\"vma\":[{string.Join(',', vmas)}]";

    private static string Step(string input, string output) => $"{{\"in\":{input},\"out\":{{\"err\":0,{output}}}}}";

    private (int Failed, int Deviating) Replay(params string[] steps)
    {
        const string config = """
            {"name":"dgpu","dgfx":1,"tiles":1,"device_atomics_smem":1,"need64k":0,"notifier":"0x20000000","va_bits":48,"vram_pages":[64,64],
            """;
        string sequence = $"{{\"id\":\"made\",\"merges\":0,\"cfg\":{config}\"fault_mode\":1}},\"steps\":[{string.Join(',', steps)}]}}";
        string path = _kit.Write("a.jsonl", VectorKit.Lines("svm_policy").First(), sequence);
        JsonObject json = VectorKit.Verify(path, "--json").Json;
        return ((int)json["failed"]!, (int)json["deviating"]!);
    }
}
