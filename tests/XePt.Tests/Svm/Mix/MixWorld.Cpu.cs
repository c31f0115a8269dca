using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Svm.Mix;

// What processes do, each in the plain model, too.
internal sealed partial class MixWorld
{
    private const int HugePages = 512;

    private bool CpuRead(PlainProcess twin, int page)
    {
        Span<byte> seen = stackalloc byte[sizeof(ulong)];
        PlainPage? plain = twin.Pages[page];
        int word = _steps % PlainContent.Words;
        Errno error = twin.Process.Read(At(page) + Offset(word), seen);
        Equal(plain is not null && plain.Can(write: false) ? Errno.Ok : Errno.EFAULT, error, "CPU read");
        if (error == Errno.Ok)
            Equal(plain!.Shown.Values[word], BitConverter.ToUInt64(seen), $"read by the CPU at page {page}, word {word}");
        return error == Errno.Ok;
    }

    private bool CpuWrite(PlainProcess twin, int page, int choice)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BitConverter.TryWriteBytes(bytes, ++_value);
        PlainPage? plain = twin.Pages[page];
        int word = choice % PlainContent.Words;
        Errno error = twin.Process.Write(At(page) + Offset(word), bytes);
        Equal(plain is not null && plain.Can(write: true) ? Errno.Ok : Errno.EFAULT, error, "CPU write");
        if (error == Errno.Ok)
            plain!.Written.Values[word] = _value;
        return error == Errno.Ok;
    }

    private bool Map(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        CpuVmaKind kind = KindOf(first, end, step.Choice % 20);
        CpuProtection protection = (step.Choice / 20 % 24) switch
        {
            0 => CpuProtection.None,
            1 => CpuProtection.Read,
            _ => CpuProtection.ReadWrite,
        };
        ModelFile? file = kind == CpuVmaKind.File ? _private : kind == CpuVmaKind.Shared ? _shared : null;
        Must(twin.Process.Map(Range(first, end), protection, kind, file, (ulong)first * Page), "map");
        for (int i = first; i < end; i++)
        {
            PlainContent? content = kind == CpuVmaKind.File ? _privateContent[i] : kind == CpuVmaKind.Shared ? _sharedContent[i] : null;
            twin.Pages[i] = new PlainPage { Protection = protection, Kind = kind, File = content };
        }

        if (protection == CpuProtection.ReadWrite && kind != CpuVmaKind.Io && step.Choice / 480 % 4 != 0)
            Must(twin.Process.Touch(Range(first, end), write: true, huge: step.Choice / 1920 % 2 == 0), "touch");
        return true;
    }

    /// <summary>Huge pages come in whole ones.</summary>
    private CpuVmaKind KindOf(int first, int end, int choice) => choice switch
    {
        0 or 1 => CpuVmaKind.File,
        2 or 3 => CpuVmaKind.Shared,
        4 => CpuVmaKind.Io,
        5 or 6 when (first | end) % HugePages == 0 => CpuVmaKind.HugeTlb,
        _ => CpuVmaKind.Anonymous,
    };

    private bool Unmap(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        Must(twin.Process.Unmap(Range(first, end)), "unmap");
        twin.Pages.AsSpan(first, end - first).Clear();
        return true;
    }

    private bool Protect(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        CpuProtection protection = (step.Choice % 16) switch
        {
            0 => CpuProtection.None,
            1 => CpuProtection.Read,
            _ => CpuProtection.ReadWrite,
        };
        bool isMapped = twin.Pages.AsSpan(first, end - first).IndexOf((PlainPage?)null) < 0;
        Equal(isMapped ? Errno.Ok : Errno.ENOMEM, twin.Process.Protect(Range(first, end), protection), "protect");
        for (int i = first; i < end && isMapped; i++)
            twin.Pages[i]!.Protection = protection;
        return isMapped;
    }

    private bool Move(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        int size = end - first, to = step.Choice % (_setting.Pages - size + 1);
        to = step.Length % 8 == 0 ? to : to / _setting.UnitPages * _setting.UnitPages;
        bool keepsOld = step.Who / 64 % 3 == 0;
        CpuVma old = twin.Process.TryFindVma(At(first), out CpuVma vma) ? vma : default;
        Errno error = keepsOld
            ? twin.Process.RemapKeeping(Range(first, end), At(to), out _) : twin.Process.RemapTo(Range(first, end), Range(to, to + size));
        Errno expected = to < end && first < to + size ? Errno.EINVAL
            : !old.Range.Contains(Range(first, end)) ? Errno.EFAULT
            : keepsOld && old.Kind is CpuVmaKind.HugeTlb or CpuVmaKind.Io ? Errno.EINVAL : Errno.Ok;
        Equal(expected, error, "move");
        if (error != Errno.Ok)
            return false;
        PlainPage?[] moved = twin.Pages[first..end];
        twin.Pages.AsSpan(first, size).Clear();
        moved.CopyTo(twin.Pages, to);
        if (keepsOld)
            KeepOld(twin, first, moved, old.Range);
        return true;
    }

    /// <summary>The mapping stays without its pages, and all of it is let go of.</summary>
    private void KeepOld(PlainProcess twin, int first, PlainPage?[] moved, AddressRange mapping)
    {
        for (int i = 0; i < moved.Length; i++)
            twin.Pages[first + i] = moved[i]!.Emptied();
        for (int page = 0; page < _setting.Pages; page++)
        {
            // What has moved there from the same mapping has its own lock.
            if (mapping.Contains(At(page)) && twin.Pages[page] is { } plain && !moved.Contains(plain))
                plain.IsLocked = false;
        }
    }

    private bool Discard(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        int locked = Array.FindIndex(twin.Pages, first, end - first, page => page is { IsLocked: true });
        Equal(locked < 0 ? Errno.Ok : Errno.EINVAL, twin.Process.Discard(Range(first, end)), "discard");
        for (int i = first; i < (locked < 0 ? end : locked); i++)
        {
            if (twin.Pages[i] is { Kind: not CpuVmaKind.Shared } page)
                page.Discard();
        }

        return locked < 0;
    }

    private bool Touch(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        bool write = step.Choice % 2 == 0, can = true;
        for (int i = first; i < end; i++)
            can &= twin.Pages[i] is { } page && page.Can(write);
        Errno error = twin.Process.Touch(Range(first, end), write, huge: step.Choice % 4 < 2);
        Equal(can ? Errno.Ok : Errno.EFAULT, error, "touch");
        return can;
    }

    private bool Pin(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        if (step.Who / 64 % 2 == 0)
            return Lock(twin, first, end, locks: step.Who / 128 % 2 == 0);
        twin.Process.SetPinned(Range(first, end), step.Choice % 3 == 0);
        return true;
    }

    /// <summary>Holds pages in memory, or lets go of them, as far as something is mapped.</summary>
    private bool Lock(PlainProcess twin, int first, int end, bool locks)
    {
        int hole = Array.FindIndex(twin.Pages, first, end - first, page => page is null);
        bool canPopulate = Array.TrueForAll(
            twin.Pages[first..end], page => page is null or { Kind: CpuVmaKind.Io } || page.Can(write: false));
        Errno expected = hole >= 0 || (locks && !canPopulate) ? Errno.ENOMEM : Errno.Ok;
        Equal(expected, locks ? twin.Process.Lock(Range(first, end)) : twin.Process.Unlock(Range(first, end)), locks ? "lock" : "unlock");
        for (int i = first; i < (hole < 0 ? end : hole); i++)
            twin.Pages[i]!.IsLocked = locks && twin.Pages[i]!.Kind is not (CpuVmaKind.Io or CpuVmaKind.HugeTlb);
        return expected == Errno.Ok;
    }

    /// <summary>The first process lives as long as the world.</summary>
    private bool ForkOrExit(MixStep step)
    {
        if (_twins.Count > 1)
        {
            Exit(_twins[1], vmsFirst: step.Choice % 2 == 0);
            return true;
        }

        if (_vms.Count >= MostVms)
            return false;
        Must(_twins[0].Process.Fork(out ModelProcess? child), "fork");
        _twins.Add(_twins[0].Fork(child!));
        AddVm(_twins[1]);
        return true;
    }

    private void Exit(PlainProcess twin, bool vmsFirst)
    {
        Release();
        MixVm[] vms = [.. _vms.Where(vm => ReferenceEquals(vm.Twin, twin))];
        if (!vmsFirst)
            twin.Process.Exit();
        foreach (MixVm vm in vms)
            RemoveVm(vm);
        Settle();
        twin.Process.Dispose();
        _twins.Remove(twin);
    }

    private void CheckAll()
    {
        foreach (PlainProcess twin in _twins)
        {
            for (int page = 0; page < _setting.Pages; page++)
                Check(twin, page);
        }
    }

    /// <summary>A whole page: the words, and zeros between them.</summary>
    private void Check(PlainProcess twin, int page)
    {
        PlainPage? plain = twin.Pages[page];
        bool isMapped = twin.Process.TryFindVma(At(page), out CpuVma vma);
        Equal(plain is not null, isMapped, $"page {page} is mapped");
        if (plain is null)
            return;
        Equal((plain.Protection, plain.Kind), (vma.Protection, vma.Kind), $"mapping of page {page}");
        if (!plain.Can(write: false))
            return;
        Span<byte> seen = stackalloc byte[(int)Page];
        Must(twin.Process.Read(At(page), seen), "read of a page");
        for (int word = 0; word < PlainContent.Words; word++)
        {
            Span<byte> at = seen.Slice((int)Offset(word), sizeof(ulong));
            Equal(plain.Shown.Values[word], BitConverter.ToUInt64(at), $"word {word} of page {page}");
            at.Clear();
        }

        Equal(-1, seen.IndexOfAnyExcept((byte)0), $"place of a strange byte in page {page}");
    }
}
