namespace XePt.Tests.Properties;

/// <summary>Physical memory of <see cref="ModelSetting.BoUnits"/> units in different states of disorder.</summary>
internal static class PhysicalShapes
{
    public const int Count = 8;

    public static PhysicalRun[] Of(int shape, ModelSetting setting, bool isVram, ulong start)
    {
        ulong unit = setting.Unit, total = unit * ModelSetting.BoUnits;
        // Where VRAM comes in 64 KiB pages, smaller disorder does not exist.
        ulong grain = setting.Platform.VramNeeds64K && isVram ? 16ul : 1;
        ulong chunk = setting.IsSmallUnit ? unit * grain : unit;
        ulong step = setting.IsSmallUnit ? chunk : 0x1000 * grain;
        return shape switch
        {
            0 => [new PhysicalRun(start, total)],
            1 => [new PhysicalRun(start + step, total)],
            2 => Scattered(start, total, chunk, 0),
            3 => Scattered(start, total, 16 * chunk, 0),
            4 => Scattered(start, total, 16 * chunk, step),
            5 => Scattered(start, total, total / 2, 0),
            // Neighbours that no one merges.
            6 => [new PhysicalRun(start + step, 16 * chunk, (int)(total / (16 * chunk)), 16 * chunk)],
            _ => [new PhysicalRun(start, total / 2), .. Scattered(start + (2 * total), total / 4, chunk, 0),
                new PhysicalRun(start + total, total / 4)],
        };
    }

    private static PhysicalRun[] Scattered(ulong start, ulong total, ulong chunk, ulong misalignment) =>
        [new PhysicalRun(start + misalignment, chunk, (int)(total / chunk), 2 * chunk)];
}
