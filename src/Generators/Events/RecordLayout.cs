namespace XePt.Generators.Events;

/// <summary>Gives the recorded fields of an event their places in the words of a record that belong to the event.</summary>
internal static class RecordLayout
{
    // The first word also holds the number of the event, and each word the lap of the ring (XeRecorder).
    private static readonly int[] WordBits = [48, 56, 56];

    /// <summary>Large fields first, each into the fullest word that has room.</summary>
    /// <param name="bits">Bits of each field; 0 of one that is not recorded.</param>
    /// <param name="places">Word and lowest bit of each.</param>
    /// <returns>The first field that has no room, or -1.</returns>
    public static int Place(IReadOnlyList<int> bits, out (int Word, int Offset)[] places)
    {
        places = new (int, int)[bits.Count];
        var used = new int[WordBits.Length];
        foreach (var field in Enumerable.Range(0, bits.Count).OrderByDescending(field => bits[field]))
        {
            var word = Enumerable.Range(0, used.Length).Where(word => WordBits[word] - used[word] >= bits[field])
                .OrderBy(word => WordBits[word] - used[word]).DefaultIfEmpty(-1).First();
            if (word < 0)
                return field;
            places[field] = (word, used[word]);
            used[word] += bits[field];
        }

        return -1;
    }
}
