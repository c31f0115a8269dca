namespace XePt.Gpuva;

internal sealed unsafe partial class VmaIndex
{
    /// <summary>Cursor on the VMA with the smallest start >= <paramref name="va"/>.</summary>
    public Cursor CeilingCursor(ulong va)
    {
        if (_height == 0)
            return default;
        // No start lies between va - 1 and va: what follows the floor of va - 1 is the ceiling of va.
        if (va == 0)
            return new Cursor(LeafOf(long.MinValue), 0);
        long below = ToKey(va - 1);
        Node* leaf = LeafOf(below);
        return new Cursor(leaf, RankInLeaf(leaf, below)).SkipEndOfLeaf();
    }

    /// <summary>Cursor on the VMA with the greatest start &lt;= <paramref name="va"/>.</summary>
    public Cursor FloorCursor(ulong va)
    {
        if (_height == 0)
            return default;
        long key = ToKey(va);
        Node* leaf = LeafOf(key);
        Cursor cursor = new(leaf, RankInLeaf(leaf, key));
        cursor.MovePrevious();
        return cursor;
    }

    /// <summary>A place in the index: on a VMA, or (not valid) beyond the last or before the first one.</summary>
    /// <remarks>Any change of the index ends the use of its cursors.</remarks>
    public ref struct Cursor
    {
        private Node* _leaf;
        private int _slot;

        internal Cursor(Node* leaf, int slot)
        {
            _leaf = leaf;
            _slot = slot;
        }

        /// <summary>Whether the cursor is on a VMA; the other members may be used only then.</summary>
        public readonly bool IsValid => _leaf != null;

        /// <summary>Start of the VMA.</summary>
        public readonly ulong Start => ToVa(_leaf->Keys[_slot]);

        /// <summary>Handle of the VMA.</summary>
        public readonly int Vma => _leaf->Vmas[_slot];

        /// <summary>Goes to the next VMA upwards; returns <see cref="IsValid"/>.</summary>
        public bool MoveNext()
        {
            _slot++;
            this = SkipEndOfLeaf();
            return IsValid;
        }

        /// <summary>Goes to the next VMA downwards; returns <see cref="IsValid"/>.</summary>
        public bool MovePrevious()
        {
            if (--_slot < 0)
            {
                _leaf = _leaf->Previous;
                _slot = IsValid ? _leaf->Count - 1 : 0;
            }

            return IsValid;
        }

        // Leaves are never empty, so one step to the right is enough.
        internal readonly Cursor SkipEndOfLeaf()
        {
            if (_slot < _leaf->Count)
                return this;
            return new Cursor(_leaf->Next, 0);
        }
    }
}
