using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>Where the sums of a chunk go.</summary>
internal static unsafe partial class HiddenBackwardBody
{
    /// <summary>Of a chunk among those that add up in 32 bits.</summary>
    private interface IPlace
    {
        static abstract bool IsFirst { get; }
    }

    private readonly struct First : IPlace
    {
        public static bool IsFirst => true;
    }

    private readonly struct Later : IPlace
    {
        public static bool IsFirst => false;
    }

    /// <summary>Digit sums of 32 bits of the chunks so far.</summary>
    private readonly struct Parts<TPlace>(int* parts, int places) : PairRows.ISink
        where TPlace : struct, IPlace
    {
        private readonly int* _parts = parts;
        private readonly int _places = places;

        // What the first one does not write would be what was there before.
        public static bool SkipsEmpty => !TPlace.IsFirst;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> =>
                TPlace.IsFirst ? T.Zero : T.Load(Part(_parts, _places, row, column, digit));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            T.Store(low, Part(_parts, _places, row, column, 0));
            T.Store(high, Part(_parts, _places, row, column, LaneMask.Lanes));
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    /// <summary>With the parts before it to float64.</summary>
    private readonly struct Sum(in BlockWork work, int stride, in ChunkPointers chunk) : PairRows.ISink
    {
        private readonly int* _parts = work.Parts;
        private readonly double* _sums = work.Sums;
        private readonly int _stride = stride, _places = 2 * work.Pairs;
        private readonly bool _hasParts = HasParts(work, chunk), _hasSums = HasSums(work, chunk);

        public static bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => _hasParts ? T.Load(Part(_parts, _places, row, column, digit)) : T.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* target = (float*)(_sums + ((long)row * _stride) + column);
            T first = PairRows.First(low, high), second = PairRows.Second(low, high);
            if (_hasSums)
            {
                first = T.AddDoubles(T.Load(target), first);
                second = T.AddDoubles(T.Load(target + 16), second);
            }
            T.Store(first, target);
            T.Store(second, target + 16);
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Part(int* parts, int places, int row, int column, int digit) =>
        (float*)parts + (2L * column * places) + (2 * LaneMask.Lanes * row) + digit;
}
