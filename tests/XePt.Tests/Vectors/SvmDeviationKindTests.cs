using System.Text.Json;
using XePt.Cli.Vectors.Svm;

namespace XePt.Tests.Vectors;

/// <summary>Each deviation of SVM sequences is known by its kind: what makes a step another case makes its difference a failure.</summary>
public class SvmDeviationKindTests
{
    private const string Atomic = "{'do':'gpu_fault','tile':0,'addr':'0x7f0000200000','access':'atomic'}";
    private const string Write = "{'do':'gpu_fault','tile':0,'addr':'0x7f0000200000','access':'write'}";
    private const string Discrete = "{'dgfx':1,'device_atomics_smem':1}";
    private const string Mirror = "[['0x0','0x1000000000000','M',-1,'0x0',0,2,2,0,0,-1,0,0]]";
    private const string NoPages = "[['0x7f0000200000','0x7f0000201000','m',-1,[],0,0]]";
    private const string Mapping = "[['0x7f0000200000','0x7f0000201000','rw','anon']]";
    private const string SystemPage = "[['0x7f0000200000',1,'s']]";
    private const string ThreeTurns = "[{'svm_4K_pagefault_count':3,'svm_pagefault_count':1}]";
    private const string BoVma = "[['0x7f0000200000','0x7f0000400000','',1,'0x0',0,2,2,0,0,-1,1,0]]";

    [Theory]
    [InlineData(true)]
    [InlineData(false, "step", Write)]
    [InlineData(false, "config", "{'dgfx':0,'device_atomics_smem':1}")]
    [InlineData(false, "err", "0")]
    [InlineData(false, "err", "-14")]
    [InlineData(false, "err", "-1")]
    [InlineData(false, "expected", "-22")]
    [InlineData(false, "r", NoPages)]
    [InlineData(false, "r", "[]")]
    [InlineData(false, "vma", "[['0x0','0x1000000000000','M',-1,'0x0',3,2,2,0,0,-1,0,0]]")]
    [InlineData(false, "vma", "[['0x0','0x1000000000000','M',-1,'0x0',1,2,2,0,0,-1,0,0]]")]
    [InlineData(false, "vma", "[['0x0','0x1000000000000','U',-1,'0x0',0,2,2,0,0,-1,0,0]]")]
    [InlineData(false, "vma", "[['0x0','0x1000000000000','S',-1,'0x0',0,2,2,0,0,-1,0,0]]")]
    [InlineData(false, "vma", BoVma)]
    [InlineData(false, "vma", "[]")]
    public void A_nacked_atomic_is_one_on_a_mirror_whose_range_cannot_move(bool isKnown, string key = "", string value = "") => Check(
        isKnown ? "Q1" : null, key, value, new()
        {
            ["err"] = "-13",
            ["vma"] = Mirror,
            ["r"] = "[['0x7f0000200000','0x7f0000201000','',-1,[],0,0]]",
            ["cpu"] = Mapping,
            ["pg"] = SystemPage,
            ["stats"] = ThreeTurns,
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false, "step", Write)]
    [InlineData(false, "err", "-13")]
    [InlineData(false, "err", "-1")]
    [InlineData(false, "err", "-95")]
    [InlineData(false, "stats", "[{'svm_4K_pagefault_count':2,'svm_pagefault_count':1}]")]
    [InlineData(false, "stats", "[{},{'svm_4K_pagefault_count':3,'svm_pagefault_count':1}]")]
    [InlineData(false, "stats", "[{'svm_64K_pagefault_count':3,'svm_pagefault_count':1}]")]
    [InlineData(false, "r", "[['0x7f0000200000','0x7f0000201000','md',-1,[['s',1,0]],1,0]]")]
    [InlineData(false, "pg", "[['0x7f0000200000',1,'d',0,0]]")]
    [InlineData(false, "vma", BoVma)]
    [InlineData(false, "cpu", "[['0x7f0000200000','0x7f0000201000','r','anon']]")]
    public void Or_one_whose_pages_cannot_be_collected_after_three_turns(bool isKnown, string key = "", string value = "") => Check(
        isKnown ? "Q1" : null, key, value, new()
        {
            ["err"] = "-14",
            ["vma"] = Mirror,
            ["r"] = NoPages,
            ["cpu"] = Mapping,
            ["pg"] = SystemPage,
            ["stats"] = ThreeTurns,
        });

    [Theory]
    [InlineData(true)]
    [InlineData(true, "vma", "[['0x7f0000200000','0x7f0000400000','U',-1,'0x7e0000000000',3,2,2,0,0,-1,1,0]]")]
    [InlineData(false, "step", Write)]
    [InlineData(false, "err", "-14")]
    [InlineData(false, "err", "-22")]
    [InlineData(false, StepView.PassesAfter, "1")]
    [InlineData(false, "vma", "[['0x7f0000200000','0x7f0000400000','S',-1,'0x0',0,2,2,0,0,-1,1,0]]")]
    [InlineData(false, "vma", Mirror)]
    public void Or_one_on_a_BO_or_userptr_whose_entry_enables_no_atomics(bool isKnown, string key = "", string value = "") => Check(
        isKnown ? "FLT-056" : null, key, value, new() { ["err"] = "-13", ["vma"] = BoVma, [StepView.PassesAfter] = "0" });

    [Theory]
    [InlineData(true)]
    [InlineData(true, "cpu", "[]")]
    [InlineData(true, "cpu", "[['0x7f0000200000','0x7f0000201000','rw','io']]")]
    [InlineData(false, "step", Atomic)]
    [InlineData(false, "step", "{'do':'bind'}")]
    [InlineData(false, "err", "0")]
    [InlineData(false, "err", "-13")]
    [InlineData(false, "err", "-1")]
    [InlineData(false, "cpu", Mapping)]
    [InlineData(false, "cpu", "[['0x7f0000200000','0x7f0000201000','r','anon']]")]
    [InlineData(false, "vma", BoVma)]
    [InlineData(false, "r", "[]")]
    public void A_fault_without_end_has_the_errno_of_its_pages(bool isKnown, string key = "", string value = "")
    {
        var found = new Dictionary<string, string>
        {
            ["err"] = "-14",
            ["vma"] = Mirror,
            ["r"] = NoPages,
            ["cpu"] = "[['0x7f0000200000','0x7f0000201000','none','anon']]",
            ["pg"] = "[]",
        };
        AssertKind(isKnown ? "Q2" : null, SvmDeviation.OfEndless(View(key, value, found, Write)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(true, "pg", "[['0x7f0000200000',2,'d',0,0]]", "-14", "none")]
    [InlineData(false, "pg", "[['0x7f0000200000',2,'d',0,0]]")]
    [InlineData(true, "vma", "[['0x0','0x1000000000000','M',-1,'0x0',0,2,2,-1,0,-1,0,0]]")]
    [InlineData(false, "vma", "[['0x0','0x1000000000000','RM',-1,'0x0',0,2,2,0,0,-1,0,0]]")]
    public void The_first_page_that_cannot_be_collected_decides(
        bool isKnown, string key = "", string value = "", string errno = "-1", string second = "r")
    {
        var found = new Dictionary<string, string>
        {
            ["err"] = errno,
            ["vma"] = Mirror,
            ["r"] = "[['0x7f0000200000','0x7f0000202000','m',-1,[],0,0]]",
            ["cpu"] = $"[['0x7f0000200000','0x7f0000201000','rw','anon'],['0x7f0000201000','0x7f0000202000','{second}','anon']]",
            ["pg"] = "[['0x7f0000200000',2,'s']]",
        };
        AssertKind(isKnown ? "Q2" : null, SvmDeviation.OfEndless(View(key, value, found, Write)));
    }

    [Theory]
    [InlineData("pt", true)]
    [InlineData("tlb", true)]
    [InlineData("stats", true)]
    [InlineData("pt", false, "step", "{'do':'gpu_fault','tile':0,'addr':'0x7f0000200000','access':'read'}")]
    [InlineData("tlb", false, "step", "{'do':'gpu_fault','tile':0,'addr':'0x7f0000200000','access':'read'}")]
    [InlineData("stats", false, "step", "{'do':'gpu_fault','tile':0,'addr':'0x7f0000200000','access':'read'}")]
    [InlineData("pt", false, "err", "-13")]
    [InlineData("pt", false, StepView.PassedBefore, "1")]
    [InlineData("pt", false, "vma", "[['0x0','0x1000000000000','RM',-1,'0x0',0,2,2,0,0,-1,0,0]]")]
    [InlineData("pt", false, "vma", BoVma)]
    [InlineData("pt", false, "before r", "[['0x7f0000200000','0x7f0000201000','d',-1,[['s',1,0]],1,1]]")]
    [InlineData("pt", false, "before r", "[]")]
    [InlineData("pt", false, "pt", "[['bind','0x7f0000200000','0x7f0000210000',1,0,2,0]]")]
    [InlineData("pt", false, "pt", "[['bind','0x7f0000200000','0x7f0000201000',3,0,2,0]]")]
    [InlineData("pt", false, "pt", "[['bind','0x7f0000200000','0x7f0000201000',1,1,2,0]]")]
    [InlineData("pt", false, "pt", "[['bind','0x7f0000200000','0x7f0000201000',1,0,4,0]]")]
    [InlineData("pt", false, "pt", "[['bind','0x7f0000200000','0x7f0000201000',1,0,2,1]]")]
    [InlineData("pt", false, "pt", "[['bind_vma','0x7f0000200000','0x7f0000201000',1]]")]
    [InlineData("pt", false, "expected", "[['bind','0x7f0000200000','0x7f0000201000',1,1,2,0]]")]
    [InlineData("tlb", false, "tlb", "[['0x7f0000200000','0x7f0000202000',1]]")]
    [InlineData("tlb", false, "tlb", "[['0x7f0000200000','0x7f0000201000',2]]")]
    [InlineData("tlb", false, "tlb", "")]
    [InlineData("tlb", false, "expected", "[['0x7f0000300000','0x7f0000301000',1]]")]
    [InlineData("stats", false, "stats", "[{'svm_4K_pagefault_count':1,'svm_cpu_copy_kb':4,'svm_tlb_inval_count':1}]")]
    [InlineData("stats", false, "stats", "[{'svm_4K_pagefault_count':2,'svm_pagefault_count':1,'svm_tlb_inval_count':1}]")]
    [InlineData("stats", false, "expected", "[{'svm_4K_pagefault_count':1,'svm_pagefault_count':1}]")]
    [InlineData("stats", false, "expected", "[{'vma_pagefault_count':1,'vma_pagefault_kb':4}]")]
    [InlineData("r", false)]
    [InlineData("pg", false)]
    [InlineData("ev", false)]
    public void A_range_of_a_replaced_read_only_mirror_is_flushed_and_bound_once(
        string output, bool isKnown, string key = "", string value = "")
    {
        const string valid = "[['0x7f0000200000','0x7f0000201000','d',-1,[['s',1,0]],1,0]]";
        string expected = output != "stats" ? ""
            : "[{'svm_4K_pagefault_count':1,'svm_4K_valid_pagefault_count':1,'svm_pagefault_count':1}]";
        var found = new Dictionary<string, string>
        {
            ["err"] = "0",
            ["vma"] = Mirror,
            ["r"] = valid,
            ["before r"] = valid,
            [StepView.PassedBefore] = "0",
            ["pt"] = "[['bind','0x7f0000200000','0x7f0000201000',1,0,2,0]]",
            ["tlb"] = "[['0x7f0000200000','0x7f0000201000',1]]",
            ["stats"] = "[{'svm_4K_pagefault_count':1,'svm_pagefault_count':1,'svm_tlb_inval_count':1}]",
        };
        StepView view = View(key, value, found, Write);
        string? kind = SvmDeviation.Of(output, Json(key == "expected" ? value : expected), view.Found(output), view);
        AssertKind(isKnown ? "SVM-120" : null, kind);
    }

    [Theory]
    [InlineData("discard", "Q4")]
    [InlineData("madvise", "Q10")]
    [InlineData("discard", null, "before r", "[]")]
    [InlineData("discard", null, "r", "[['0x1000','0x2000','d',-1,[],1,0],['0x2000','0x3000','',-1,[],1,1]]")]
    [InlineData("discard", "Q4", "before r", "[['0x1000','0x2000','d',-1,[],1,1],['0x2000','0x3000','d',-1,[],1,0]]")]
    [InlineData("discard", null, "before r", "[['0x1000','0x2000','d',-1,[],0,0],['0x2000','0x3000','d',-1,[],1,0]]")]
    [InlineData("discard", null, "before r", "[['0x1000','0x2000','d',-1,[],2,0],['0x2000','0x3000','d',-1,[],1,0]]")]
    [InlineData("discard", null, "before r", "[['0x0','0x2000','d',-1,[],1,0],['0x2000','0x3000','d',-1,[],1,0]]")]
    [InlineData("discard", null, "tlb", "[['0x1000','0x3000',3]]")]
    [InlineData("discard", null, "tlb", "[['0x1900','0x3000',1]]")]
    [InlineData("gc_worker", null, "ev", "")]
    [InlineData("discard", null, "tlb", "[['0x1000','0x2800',1]]")]
    [InlineData("discard", null, "tlb", "[['0x1000','0x4000',1]]")]
    [InlineData("discard", null, "tlb", "[['0x1000','0x3000',1],['0x1000','0x3000',1]]")]
    [InlineData("discard", null, "tlb", "")]
    public void An_invalidation_is_wider_by_what_has_lost_its_entries(string step, string? kind, string key = "", string value = "")
    {
        var found = new Dictionary<string, string>
        {
            ["before r"] = "[['0x1000','0x2000','d',-1,[],1,0],['0x2000','0x3000','d',-1,[],1,0]]",
            ["r"] = "[['0x1000','0x2000','',-1,[],1,1],['0x2000','0x3000','',-1,[],1,1]]",
            ["tlb"] = "[['0x1000','0x3000',1]]",
            ["ev"] = "[['clear','0x1800','0x3000']]",
        };
        StepView view = View(key, value, found, $"{{'do':'{step}'}}");
        AssertKind(kind, SvmDeviation.Of("tlb", Json("[['0x1800','0x3000',1]]"), view.Found("tlb"), view));
    }

    /// <summary>A fault whose <c>err</c> differs.</summary>
    private static void Check(string? kind, string key, string value, Dictionary<string, string> found)
    {
        StepView view = View(key, value, found, Atomic);
        AssertKind(kind, SvmDeviation.Of("err", key == "expected" ? value : "0", view.Found("err"), view));
        // It is in this output alone that such a step may differ.
        foreach (string other in (string[])["pt", "stats", "tlb", "r", "pg", "ev"])
            Assert.Null(SvmDeviation.Of(other, "", "[]", view));
    }

    private static StepView View(string key, string value, Dictionary<string, string> found, string step)
    {
        string config = Discrete;
        if (key == "step")
            step = value;
        else if (key == "config")
            config = value;
        else if (key is not ("" or "expected"))
            found[key] = value;
        foreach (string name in found.Keys)
            found[name] = Json(found[name]);
        var before = new Dictionary<string, string>();
        if (found.Remove("before r", out string? ranges))
            before["r"] = ranges;
        JsonElement input = JsonElement.Parse(Json(step));
        return new StepView(new SvmStep(input, JsonElement.Parse("{}")), JsonElement.Parse(Json(config)), before, found);
    }

    private static string Json(string text) => text.Replace('\'', '"');

    private static void AssertKind(string? kind, string? actual) => Assert.Equal(kind, actual?.Split(':')[0]);
}
