using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Z = (float)V z for the images of one chunk and the columns of one block, V = sum over pixels of x Wq, the constant pixel's
/// share, the bias, included. Z [rows, stride] is above 0 exactly where V is.
/// </summary>
internal static unsafe class HiddenForwardBody
{
    public static void Run<T>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        var sink = new Scale(work.Z, block.Stride, work.ActivationScales);
        PairRows.Multiply<T, Scale>(images.Forward(chunk.Index, chunk.Rows), work.WeightTiles<T>(), ref sink);
    }

    private readonly struct Scale(float* z, int stride, float* scales) : PairRows.ISink
    {
        private readonly float* _z = z, _scales = scales;
        private readonly int _stride = stride;

        public static bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => T.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T> => TakeLong(row, column, PairRows.First(low, high), PairRows.Second(low, high));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> =>
            T.Store(T.Multiply(T.DoublesToFloats(first, second), T.Load(_scales + column)), _z + ((long)row * _stride) + column);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }
}
