namespace XePt.Generators.Tests.Events;

/// <summary>What declared events need around them.</summary>
internal static class Sources
{
    public const string Head = """
        using System;
        using System.Diagnostics.Tracing;
        using XePt.Uapi.Spec;

        namespace Sample;

        [Flags]
        public enum Groups : long { None = 0, Pages = 1, Calls = 4, Both = 5 }

        public enum Kind : byte { One = 1, Two }

        internal sealed class RecordRing
        {
            public bool Takes(EventLevel level, Groups group) => true;
            public void Write(int id, ulong first, ulong second, ulong third) { }
        }

        internal sealed class Watch
        {
            public string Name => "";
            public bool FeedsSource => true;
            public RecordRing? Ring => null;
        }

        internal sealed class XeEventInfo(int id, string name, Groups group, EventLevel level, XeEventField[] fields);

        internal sealed class XeEventField
        {
            public XeEventField(string name, Type type) { }
            public XeEventField(string name, Type type, int word, int offset, int bits, int shift, bool endsInOnes) { }
        }


        """;
}
