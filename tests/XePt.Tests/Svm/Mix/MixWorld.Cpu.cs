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
        Errno error = twin.Process.RemapTo(Range(first, end), Range(to, to + size));
        if (to < end && first < to + size)
            Equal(Errno.EINVAL, error, "move onto itself");
        if (error != Errno.Ok)
            return false;
        PlainPage?[] moved = twin.Pages[first..end];
        twin.Pages.AsSpan(first, size).Clear();
        moved.CopyTo(twin.Pages, to);
        return true;
    }

    private bool Discard(PlainProcess twin, MixStep step)
    {
        (int first, int end) = IntervalOf(step);
        Must(twin.Process.Discard(Range(first, end)), "discard");
        for (int i = first; i < end; i++)
        {
            if (twin.Pages[i] is { Kind: not CpuVmaKind.Shared } page)
                page.Discard();
        }

        return true;
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
        twin.Process.SetPinned(Range(first, end), step.Choice % 3 == 0);
        return true;
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
